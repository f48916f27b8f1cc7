import { isOrderOf } from '../../calls/classify-response.ts';
import { type DropField, decode, type Wire } from '../../codec/codec.ts';
import { type ServiceOrder, serviceOrder } from '../../codec/service-order-types.ts';
import { type OrderKey, type OrderQuery, orderQueries } from '../query-order.ts';

export const SERVICE_ORDERS = '/v3/payscore/serviceorder';

export type ServiceOrderKey = OrderKey;
export type ServiceOrderQuery = OrderQuery;

/** The order in a response; undefined if it is none, or one of the other product. */
export function readServiceOrder(wire: Wire, drop: DropField): ServiceOrder | undefined {
  return isOrderOf('PAY_AFTER', wire) ? undefined : decode(serviceOrder, wire, drop);
}

/** 查询支付分订单, by itself and as a step of another call. */
export const { query: queryServiceOrder, run: runServiceOrderQuery } = orderQueries(
  SERVICE_ORDERS,
  readServiceOrder,
);
