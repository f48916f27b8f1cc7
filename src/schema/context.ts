import type { Caller } from '../auth/caller.ts';
import type { RateLimit } from '../auth/rate-limit.ts';
import { NO_ORDERS, type Visibility } from '../domain/visibility.ts';
import type { OrderServices } from '../orders/commands/write-types.ts';
import { type QueryCoalescing, queryKey } from '../orders/queries/query-coalescing.ts';
import type { SharedQueries } from '../orders/queries/shared-queries.ts';
import type { OrderQuery, PayAfterOrder, SendReport, ServiceOrder } from '../wechat/index.ts';
import { badUserInput } from './query-errors.ts';

/** Resources that live as long as the server. */
export interface ServerResources extends Omit<OrderServices, 'visibility' | 'origin'> {
  /** Defaults of omitted arguments. */
  readonly defaults: {
    readonly appid: string | undefined;
    readonly serviceId: string | undefined;
    /** Where WeChat Pay sends the notifications about a service order; none if it is undefined. */
    readonly notifyUrl?: () => string | undefined;
  };
  /** The current key for launch data; without it, selecting launch data is an error. */
  readonly launchKey: () => string | undefined;
  readonly sharedQueries: SharedQueries;
  /** False: the merchant is a sandbox's. */
  readonly livemode: boolean;
  readonly rateLimit: RateLimit;
  readonly log: SchemaLog;
  /** Aborted at shutdown: ends subscriptions. */
  readonly stopping: AbortSignal;
}

/** Lines of the same message and `why` are counted. */
export interface SchemaLog {
  readonly warn: (
    fields: { readonly why: string; readonly word: string } | { readonly err: unknown },
    message: string,
  ) => void;
}

/** Resources that live as long as one request. */
export interface GraphQLContext extends ServerResources, OrderServices {
  readonly caller: Caller;
  /** The remaining calls to WeChat Pay of this request. */
  readonly calls: UpstreamBudget;
  readonly orderReads: {
    readonly payAfterOrders: OrderReads<PayAfterOrder>;
    readonly serviceOrders: OrderReads<ServiceOrder>;
  };
  /** When the request arrived, on the monotonic clock; undefined if it is not known. */
  readonly cameMs: number | undefined;
  /**
   * A request has to have arrived before this time, on the monotonic clock, to receive what this one
   * has read at WeChat Pay.
   */
  readonly freshUntilMs: () => number;
  /** A subscription lives long: each of its events has calls and reads of its own. */
  readonly beginEvent: () => void;
  readonly outcome: OperationOutcome;
  /** Called when a write has ended, or a read has failed; also after the client has left. */
  readonly onCall: (call: CallNote) => void;
  /** Aborted when the client disconnects. Not for writes: an aborted one has an unknown outcome. */
  readonly signal: AbortSignal | undefined;
}

/** Facts of a call for the log: names, codes and the messages of system errors, no value of a caller. */
export type CallFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** A write, or a read that failed, for the log. */
interface CallNote {
  /** The root field, or `Type.field`. */
  readonly operation: string;
  /** Undefined if the call has none, or none that may be an order number. */
  readonly outOrderNo: string | undefined;
  /** OK, or the code of the error. */
  readonly outcome: string;
  readonly ms: number;
  readonly facts: CallFacts;
}

/** What the metrics and the log are to know of one request. */
interface OperationOutcome {
  /** The ErrorCode of a failed write. */
  refusal?: string | undefined;
  /** What was sent of the last write. */
  sent?: SendReport | undefined;
  /** Its calls that have failed, each a line of its own. */
  failures: readonly CallNote[];
}

export function createContext(
  resources: ServerResources,
  {
    caller,
    signal,
    cameMs,
    requestId,
    onCall,
  }: Pick<GraphQLContext, 'caller' | 'signal' | 'onCall'> & {
    readonly cameMs?: number | undefined;
    readonly requestId?: string | undefined;
  },
): GraphQLContext {
  // The first call was charged when the request was admitted.
  const calls = createUpstreamBudget(() => resources.rateLimit.charge(caller));
  const visibility = visibilityOf(caller, resources.ledger);
  const outcome: OperationOutcome = { failures: [] };
  const { payAfterOrders, serviceOrders } = resources.sharedQueries;
  let since = cameMs;
  let freshUntilMs = Number.POSITIVE_INFINITY;
  const onAnswer = (ms: number) => {
    freshUntilMs = Math.min(freshUntilMs, ms);
  };
  const how = { calls, signal, cameMs: () => since, onAnswer };
  const orderReads = {
    payAfterOrders: createOrderReads(payAfterOrders, how),
    serviceOrders: createOrderReads(serviceOrders, how),
  };
  // Field by field: a spread object would be accessible to every resolver.
  return {
    wechat: resources.wechat,
    ledger: resources.ledger,
    inputRules: resources.inputRules,
    defaults: resources.defaults,
    launchKey: resources.launchKey,
    sharedQueries: resources.sharedQueries,
    livemode: resources.livemode,
    rateLimit: resources.rateLimit,
    log: resources.log,
    stopping: resources.stopping,
    caller,
    visibility,
    origin: { client: caller.client, requestId: requestId ?? null },
    signal,
    calls,
    orderReads,
    cameMs,
    freshUntilMs: () => freshUntilMs,
    beginEvent: () => {
      since = performance.now();
      outcome.failures = [];
      calls.renew();
      orderReads.payAfterOrders.clear();
      orderReads.serviceOrders.clear();
    },
    outcome,
    onCall,
    onSent: (report) => {
      outcome.sent = report;
    },
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

/**
 * The orders of one product that one request queries: the same one costs one call, however often it
 * is selected.
 */
interface OrderReads<O> {
  readonly load: (query: OrderQuery) => Promise<O | null>;
  /** After a write, what was read before is out of date. */
  readonly clear: () => void;
}

interface ReadContext {
  readonly calls: UpstreamBudget;
  readonly signal: AbortSignal | undefined;
  /** When the request came, or the event of a subscription. */
  readonly cameMs: () => number | undefined;
  readonly onAnswer: (freshUntilMs: number) => void;
}

/** Calls of different requests are shared elsewhere: WeChat Pay has no query for several orders. */
function createOrderReads<O>(
  { ask }: Pick<QueryCoalescing<O>, 'ask'>,
  { calls, signal, cameMs, onAnswer }: ReadContext,
): OrderReads<O> {
  const reads = new Map<string, Promise<O | null>>();
  const read = async (query: OrderQuery) => {
    calls.read();
    return await ask(query, signal, cameMs(), onAnswer);
  };
  return {
    load: (query) => {
      const key = queryKey(query);
      let order = reads.get(key);
      if (order === undefined) {
        order = read(query);
        reads.set(key, order);
      }
      return order;
    },
    clear: () => reads.clear(),
  };
}

/** The remaining calls to WeChat Pay of one request. */
export interface UpstreamBudget {
  /** Takes one read. Throws BAD_USER_INPUT if none is left. */
  readonly read: () => void;
  /** Takes one write, including the query that may precede it. Throws like `read`. */
  readonly write: () => void;
  /** All are left again; each of them is a further call. */
  readonly renew: () => void;
}

/** Of one request; a description of the schema names it. */
export const MOST_READS = 5;
const MOST_WRITES = 1;

/** @param onFurtherCall called before each call except the first */
export function createUpstreamBudget(onFurtherCall: () => void): UpstreamBudget {
  let reads = 0;
  let writes = 0;
  let isFirst = true;
  const take = (isLeft: boolean) => {
    if (!isLeft) {
      const message = `One request makes at most ${MOST_READS} reads and ${MOST_WRITES} write to WeChat Pay. Split it into several requests.`;
      throw badUserInput(message);
    }
    if (!isFirst) {
      onFurtherCall();
    }
    isFirst = false;
  };
  return {
    read: () => {
      take(reads < MOST_READS);
      reads += 1;
    },
    write: () => {
      take(writes < MOST_WRITES);
      writes += 1;
    },
    renew: () => {
      isFirst = false;
      reads = 0;
      writes = 0;
    },
  };
}
