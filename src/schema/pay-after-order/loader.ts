import DataLoader from 'dataloader';
import type { QueryObserver } from '../../orders/last-seen.ts';
import type { PayAfterOrder, PayAfterOrderQuery, WechatPay } from '../../wechat/index.ts';
import type { CallAllowance } from '../call-allowance.ts';

/** One per request: the same order asked for thrice costs one query. */
export type OrderLoader = DataLoader<PayAfterOrderQuery, PayAfterOrder | null, string>;

interface LoaderResources {
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly queries: Pick<QueryObserver, 'see'>;
}

export function createOrderLoader(
  { wechat, queries }: LoaderResources,
  { calls, signal }: { readonly calls: CallAllowance; readonly signal: AbortSignal | undefined },
): OrderLoader {
  const ask = async (query: PayAfterOrderQuery) => {
    calls.read();
    const order = await wechat.queryPayAfterOrder(query, { signal });
    if (order !== null) {
      queries.see(order);
    }
    return order;
  };
  const load = (query: PayAfterOrderQuery) => ask(query).catch(toError);
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
