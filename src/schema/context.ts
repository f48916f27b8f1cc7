import type { Caller } from '../auth/caller.ts';
import type { RateLimit } from '../auth/rate-limit.ts';
import { NO_ORDERS, type Visibility } from '../domain/visibility.ts';
import type { OrderServices } from '../orders/commands/write-order.ts';
import type { QueryCoalescing } from '../orders/queries/query-coalescing.ts';
import { createOrderReads, type OrderReads } from './pay-after-order/order-reads.ts';
import { createUpstreamBudget, type UpstreamBudget } from './upstream-budget.ts';

/** Resources that live as long as the server. */
export interface ServerResources extends Omit<OrderServices, 'visibility' | 'origin'> {
  /** Defaults of omitted arguments. */
  readonly defaults: { readonly appid: string | undefined; readonly serviceId: string | undefined };
  /** The current key for launch data; without it, selecting launch data is an error. */
  readonly launchKey: () => string | undefined;
  readonly sharedQueries: QueryCoalescing;
  readonly rateLimit: RateLimit;
  readonly log: SchemaLog;
  /** Aborted at shutdown: ends subscriptions. */
  readonly stopping: AbortSignal;
}

export interface SchemaLog {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Resources that live as long as one request. */
export interface GraphQLContext extends ServerResources, OrderServices {
  readonly caller: Caller;
  /** The remaining calls to WeChat Pay of this request. */
  readonly calls: UpstreamBudget;
  readonly orderReads: OrderReads;
  /** The ErrorCode of a failed write. */
  readonly outcome: { refusal?: string | undefined };
  /** Aborted when the client disconnects. Not for writes: an aborted one has an unknown outcome. */
  readonly signal: AbortSignal | undefined;
}

export function createContext(
  resources: ServerResources,
  {
    caller,
    signal,
    cameMs,
    requestId,
  }: Pick<GraphQLContext, 'caller' | 'signal'> & {
    /** Arrival time of the request, on the monotonic clock; undefined if it is not known. */
    readonly cameMs?: number | undefined;
    readonly requestId?: string | undefined;
  },
): GraphQLContext {
  // The first call was charged when the request was admitted.
  const calls = createUpstreamBudget(() => resources.rateLimit.charge(caller.id));
  const visibility = visibilityOf(caller, resources.ledger);
  const orderReads = createOrderReads(resources.sharedQueries, { calls, signal, cameMs });
  // Field by field: a spread object would be accessible to every resolver.
  return {
    wechat: resources.wechat,
    ledger: resources.ledger,
    inputRules: resources.inputRules,
    defaults: resources.defaults,
    launchKey: resources.launchKey,
    sharedQueries: resources.sharedQueries,
    rateLimit: resources.rateLimit,
    log: resources.log,
    stopping: resources.stopping,
    caller,
    visibility,
    origin: { client: caller.client, requestId: requestId ?? null },
    signal,
    calls,
    orderReads,
    outcome: {},
  };
}

/** Of a caller who may act for all, or for the one user it names; no orders if it names none. */
function visibilityOf({ scopes, openid }: Caller, ledger: ServerResources['ledger']): Visibility {
  const owner = openid === null ? null : ledger.ownerOf(openid);
  if (scopes.has('orders:any')) {
    return { kind: 'all', owner };
  }
  return owner === null ? NO_ORDERS : { kind: 'own', owner };
}
