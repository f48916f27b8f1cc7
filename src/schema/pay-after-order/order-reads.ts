import { type QueryCoalescing, queryKey } from '../../orders/queries/query-coalescing.ts';
import type { PayAfterOrder, PayAfterOrderQuery } from '../../wechat/index.ts';
import type { UpstreamBudget } from '../upstream-budget.ts';

/** The orders that one request queries: the same one costs one call, however often it is selected. */
export interface OrderReads {
  readonly load: (query: PayAfterOrderQuery) => Promise<PayAfterOrder | null>;
  /** After a write, what was read before is out of date. */
  readonly clear: () => void;
}

interface ReadContext {
  readonly calls: UpstreamBudget;
  readonly signal: AbortSignal | undefined;
  readonly cameMs: number | undefined;
}

/** Calls of different requests are shared elsewhere: WeChat Pay has no query for several orders. */
export function createOrderReads(
  { ask }: Pick<QueryCoalescing, 'ask'>,
  { calls, signal, cameMs }: ReadContext,
): OrderReads {
  const reads = new Map<string, Promise<PayAfterOrder | null>>();
  const read = async (query: PayAfterOrderQuery) => {
    calls.read();
    return await ask(query, signal, cameMs);
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
