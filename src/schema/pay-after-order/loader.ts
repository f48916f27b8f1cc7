import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import type { QueryObserver } from '../../orders/last-seen.ts';
import type { PayAfterOrder, PayAfterOrderQuery, WechatPay } from '../../wechat/index.ts';

/** One per request: the same order asked for thrice costs one query. */
export type OrderLoader = DataLoader<PayAfterOrderQuery, PayAfterOrder | null, string>;

interface LoaderResources {
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly queries: Pick<QueryObserver, 'see'>;
}

/** Queries of one request that are under way at WeChat at once. */
const SIDE_BY_SIDE = 5;

export function createOrderLoader(
  { wechat, queries }: LoaderResources,
  signal: AbortSignal | undefined,
): OrderLoader {
  const limit = pLimit(SIDE_BY_SIDE);
  const ask = async (query: PayAfterOrderQuery) => {
    const order = await wechat.queryPayAfterOrder(query, { signal });
    if (order !== null) {
      queries.see(order);
    }
    return order;
  };
  const load = (query: PayAfterOrderQuery) => limit(() => ask(query)).catch(toError);
  return new DataLoader((queries) => Promise.all(queries.map(load)), { cacheKeyFn: keyOf });
}

function keyOf(query: PayAfterOrderQuery): string {
  const by = 'outOrderNo' in query ? ['outOrderNo', query.outOrderNo] : ['queryId', query.queryId];
  return JSON.stringify([query.appid, query.serviceId, ...by]);
}

/** DataLoader wants failures as values, so that one does not fail the others. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A query failed.', { cause: error });
}
