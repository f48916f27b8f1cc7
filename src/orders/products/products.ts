import type { OrderProduct } from '../../domain/order-status.ts';
import {
  outcomeByQuery,
  type PayAfterOrder,
  type ServiceOrder,
  serviceOrderOutcome,
} from '../../wechat/index.ts';

/** What the rules of access need to know of a product. */
export interface ProductOrders<O> {
  readonly product: OrderProduct;
  /** Whether an order that a query shows is the one that these bytes were to create. */
  readonly isCreatedBy: (body: Uint8Array, order: O) => boolean;
}

export const PAY_AFTER_ORDERS: ProductOrders<PayAfterOrder> = {
  product: 'PAY_AFTER',
  isCreatedBy: (body, order) => outcomeByQuery('create', body, order) === 'took-effect',
};

export const SERVICE_ORDERS: ProductOrders<ServiceOrder> = {
  product: 'SERVICE_ORDER',
  isCreatedBy: (body, order) => serviceOrderOutcome('create', body, order) === 'took-effect',
};
