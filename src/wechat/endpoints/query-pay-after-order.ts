import { isOrderOf } from '../calls/classify-response.ts';
import { decode } from '../codec/codec.ts';
import { type PayAfterOrder, payAfterOrder } from '../codec/wire-types.ts';
import { type OrderKey, type OrderQuery, orderQueries } from './query-order.ts';
import type { ShownOrder } from './resolve-by-query.ts';
import { isKnownState, outcomeByQuery, type WriteOperation } from './write-outcome.ts';

export const PAY_AFTER_ORDERS = '/v3/payscore/payafter-orders';

export type PayAfterOrderKey = OrderKey;
export type PayAfterOrderQuery = OrderQuery;

const { query, run } = orderQueries(PAY_AFTER_ORDERS, (wire, drop) =>
  isOrderOf('SERVICE_ORDER', wire) ? undefined : decode(payAfterOrder, wire, drop),
);

/** 查询先享后付订单. */
export const queryPayAfterOrder = query;

/** How a query shows the outcome of a write to this order. */
export function shownPayAfterOrder(
  order: PayAfterOrderQuery & { readonly outOrderNo: string },
  operation: WriteOperation,
  body: Uint8Array,
): ShownOrder<PayAfterOrder> {
  return {
    outOrderNo: order.outOrderNo,
    isCreate: operation === 'create',
    query: (context, deadline) => run(context, order, deadline),
    outcomeOf: (shown) => outcomeByQuery(operation, body, shown),
    confirms: (shown) => {
      const outcome = outcomeByQuery(operation, body, shown);
      return outcome === 'took-effect' || (outcome === 'undetermined' && isKnownState(shown.state));
    },
    stateOf: ({ state }) => ({ state }),
  };
}
