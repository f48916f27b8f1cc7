import type { Caller } from '../access/caller.ts';
import type { RateLimit } from '../access/rate-limit.ts';
import type { OrderDesk } from '../orders/desk.ts';
import type { SharedQueries } from '../orders/shared-queries.ts';
import { type CallAllowance, callAllowance } from './call-allowance.ts';
import { createOrderLoader, type OrderLoader } from './pay-after-order/loader.ts';

/** What lives as long as the server. */
export interface ServerResources extends OrderDesk {
  /** For arguments that are left out. */
  readonly defaults: { readonly appid: string | undefined; readonly serviceId: string | undefined };
  /** Signs launch data, as it is now; without it, asking for them is an error. */
  readonly launchKey: () => string | undefined;
  readonly sharedQueries: SharedQueries;
  readonly rateLimit: RateLimit;
  readonly log: SchemaLog;
  /** Fires when the server is stopping: ends subscriptions. */
  readonly stopping: AbortSignal;
}

export interface SchemaLog {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** What lives as long as one request. */
export interface GraphQLContext extends ServerResources {
  readonly caller: Caller;
  /** What this request may still ask of WeChat Pay. */
  readonly calls: CallAllowance;
  readonly orderLoader: OrderLoader;
  /** What a write has answered instead of success: an ErrorCode. */
  readonly outcome: { refusal?: string };
  /** Fires when the caller is gone. Not for writes: an abandoned one has an unknown outcome. */
  readonly signal: AbortSignal | undefined;
}

export function createContext(
  resources: ServerResources,
  { caller, signal }: Pick<GraphQLContext, 'caller' | 'signal'>,
): GraphQLContext {
  // The first call is paid for when the request is admitted.
  const calls = callAllowance(() => resources.rateLimit.charge(caller.id));
  const orderLoader = createOrderLoader(resources.sharedQueries, { calls, signal });
  return { ...resources, caller, signal, calls, orderLoader, outcome: {} };
}
