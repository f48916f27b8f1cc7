import DataLoader from 'dataloader';
import { type QueryCoalescing, queryKey } from '../../orders/queries/query-coalescing.ts';
import type { PayAfterOrder, PayAfterOrderQuery } from '../../wechat/index.ts';
import type { UpstreamBudget } from '../upstream-budget.ts';

/** One per request: the same order asked for thrice costs one query. */
export type OrderLoader = DataLoader<PayAfterOrderQuery, PayAfterOrder | null, string>;

interface LoaderContext {
  readonly calls: UpstreamBudget;
  readonly signal: AbortSignal | undefined;
  readonly cameMs: number | undefined;
}

export function createOrderLoader(
  { ask }: Pick<QueryCoalescing, 'ask'>,
  { calls, signal, cameMs }: LoaderContext,
): OrderLoader {
  const load = async (query: PayAfterOrderQuery) => {
    calls.read();
    return await ask(query, signal, cameMs);
  };
  const settled = (query: PayAfterOrderQuery) => load(query).catch(toError);
  return new DataLoader((queries) => Promise.all(queries.map(settled)), { cacheKeyFn: queryKey });
}

/** DataLoader wants failures as values, so that one does not fail the others. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A query failed.', { cause: error });
}
