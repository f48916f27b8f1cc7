import type { Caller } from '../access/caller.ts';
import type { OrderDesk } from '../orders/desk.ts';
import type { SharedQueries } from '../orders/shared-queries.ts';
import { createOrderLoader, type OrderLoader } from './pay-after-order/loader.ts';

/** What lives as long as the server. */
export interface ServerResources extends OrderDesk {
  /** For arguments that are left out. */
  readonly defaults: { readonly appid: string | undefined; readonly serviceId: string | undefined };
  /** Signs launch data; without it, asking for them is an error. */
  readonly apiv2Key: string | undefined;
  readonly sharedQueries: SharedQueries;
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
  readonly orderLoader: OrderLoader;
  /** Fires when the caller is gone. Not for writes: an abandoned one has an unknown outcome. */
  readonly signal: AbortSignal | undefined;
}

export function createContext(
  resources: ServerResources,
  { caller, signal }: Pick<GraphQLContext, 'caller' | 'signal'>,
): GraphQLContext {
  const orderLoader = createOrderLoader(resources.sharedQueries, signal);
  return { ...resources, caller, signal, orderLoader };
}
