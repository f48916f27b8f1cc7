import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import { queryKey } from '../../orders/flights.ts';
import type { SharedQueries } from '../../orders/shared-queries.ts';
import type { PayAfterOrder, PayAfterOrderQuery } from '../../wechat/index.ts';

/** One per request: the same order asked for thrice costs one query. */
export type OrderLoader = DataLoader<PayAfterOrderQuery, PayAfterOrder | null, string>;

/** Queries of one request that are under way at WeChat at once. */
const SIDE_BY_SIDE = 5;

export function createOrderLoader(
  { ask }: Pick<SharedQueries, 'ask'>,
  signal: AbortSignal | undefined,
): OrderLoader {
  const limit = pLimit(SIDE_BY_SIDE);
  const load = (query: PayAfterOrderQuery) => limit(() => ask(query, signal)).catch(toError);
  return new DataLoader((queries) => Promise.all(queries.map(load)), { cacheKeyFn: queryKey });
}

/** DataLoader wants failures as values, so that one does not fail the others. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A query failed.', { cause: error });
}
