import type { OrderProduct, OrderStatus } from '../../domain/order-status.ts';
import { statusOf } from '../../domain/order-status.ts';
import { readState } from '../../domain/pay-after-state.ts';
import {
  type PayAfterOrder,
  phaseOf,
  type ServiceOrder,
  type ServiceOrderPhase,
} from '../../wechat/index.ts';

/** What the orders of both products have, in the same words. Amounts are in fen. */
export interface OrderView {
  readonly product: OrderProduct;
  readonly status: OrderStatus;
  readonly riskAmount: number | null;
  /** Null before the order is paid. */
  readonly paidAmount: number | null;
  readonly payments: readonly OrderPayment[];
}

/** A payment of an order. */
export interface OrderPayment {
  readonly transactionId: string | null;
  readonly amount: number | null;
  readonly paidTime: string | null;
  readonly channel: 'WECHAT' | 'MERCHANT' | 'UNKNOWN';
}

/** What a pay-after order shows: it is paid at once. */
export function viewOfPayAfterOrder(order: PayAfterOrder): OrderView {
  const { riskAmount, totalAmount, finishTransactionId, paySuccTime, payType } = order;
  const status = statusOf(readState(order.state).state);
  const isPaid = status === 'PAID';
  const byWechat = finishTransactionId === null ? 'UNKNOWN' : 'WECHAT';
  const payment: OrderPayment = {
    transactionId: finishTransactionId,
    amount: totalAmount,
    paidTime: paySuccTime,
    channel: payType === 'MchChannelPayType' ? 'MERCHANT' : byWechat,
  };
  return {
    product: 'PAY_AFTER',
    status,
    riskAmount,
    paidAmount: isPaid ? totalAmount : null,
    payments: isPaid && totalAmount !== 0 ? [payment] : [],
  };
}

/** What a service order shows. The amounts of a collection are inconsistent: its state decides. */
export function viewOfServiceOrder(order: ServiceOrder): OrderView {
  const { riskFund, totalAmount, collection } = order;
  const status = STATUS_OF[phaseOf(order)];
  const paid = collection === null ? 0 : (collection.totalAmount ?? totalAmount);
  return {
    product: 'SERVICE_ORDER',
    status,
    riskAmount: riskFund?.amount ?? null,
    paidAmount: status === 'PAID' ? paid : null,
    payments: (collection?.details ?? [])
      .filter(
        ({ paidType, paidTime, transactionId }) => (paidType ?? paidTime ?? transactionId) !== null,
      )
      .map(({ transactionId, amount, paidTime, paidType }) => ({
        transactionId,
        amount,
        paidTime,
        channel: CHANNEL_OF[paidType ?? ''] ?? 'UNKNOWN',
      })),
  };
}

const STATUS_OF: Readonly<Record<ServiceOrderPhase, OrderStatus>> = {
  created: 'CREATED',
  accepted: 'ACCEPTED',
  completed: 'COMPLETED',
  done: 'PAID',
  revoked: 'CANCELED',
  expired: 'EXPIRED',
  unknown: 'UNKNOWN',
};

const CHANNEL_OF: Readonly<Record<string, OrderPayment['channel']>> = {
  NEWTON: 'WECHAT',
  MCH: 'MERCHANT',
};
