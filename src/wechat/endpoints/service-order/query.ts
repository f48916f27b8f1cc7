import { decode } from '../../codec/codec.ts';
import { serviceOrder } from '../../codec/service-order-types.ts';
import { type OrderKey, type OrderQuery, orderQueries } from '../query-order.ts';

export const SERVICE_ORDERS = '/v3/payscore/serviceorder';

export type ServiceOrderKey = OrderKey;
export type ServiceOrderQuery = OrderQuery;

/** 查询支付分订单, by itself and as a step of another call. */
export const { query: queryServiceOrder, run: runServiceOrderQuery } = orderQueries(
  SERVICE_ORDERS,
  (wire, drop) => decode(serviceOrder, wire, drop),
);
