/** The merchant's agreement with WeChat Pay: pay-after orders (先享后付), or service orders (支付分服务订单). */
export type OrderProduct = 'PAY_AFTER' | 'SERVICE_ORDER';

/** The status of an order of either product; UNKNOWN for a state that this server does not know. */
export type OrderStatus =
  | 'CREATED'
  | 'ACCEPTED'
  | 'COMPLETED'
  | 'PAID'
  | 'CANCELED'
  | 'EXPIRED'
  | 'UNKNOWN';

/** The states of a pay-after order that this server knows; UNKNOWN is any other state of WeChat Pay. */
export type PayAfterState =
  | 'CREATED'
  | 'USER_ACCEPTED'
  | 'FINISHED'
  | 'USER_PAID'
  | 'REVOKED'
  | 'EXPIRED'
  | 'UNKNOWN';

const STATUS_OF: Readonly<Record<PayAfterState, OrderStatus>> = {
  CREATED: 'CREATED',
  USER_ACCEPTED: 'ACCEPTED',
  FINISHED: 'COMPLETED',
  USER_PAID: 'PAID',
  REVOKED: 'CANCELED',
  EXPIRED: 'EXPIRED',
  UNKNOWN: 'UNKNOWN',
};

const STATE_OF: Readonly<Record<OrderStatus, PayAfterState>> = {
  CREATED: 'CREATED',
  ACCEPTED: 'USER_ACCEPTED',
  COMPLETED: 'FINISHED',
  PAID: 'USER_PAID',
  CANCELED: 'REVOKED',
  EXPIRED: 'EXPIRED',
  UNKNOWN: 'UNKNOWN',
};

export function statusOf(state: PayAfterState): OrderStatus {
  return STATUS_OF[state];
}

/** The state of a pay-after order with this status. */
export function payAfterStateOf(status: OrderStatus): PayAfterState {
  return STATE_OF[status];
}
