import type { OrderProduct, OrderState } from '../../domain/order-state.ts';
import { readPayAfterState } from '../../domain/pay-after-state-machine.ts';
import { readServiceOrderState } from '../../domain/service-order-state-machine.ts';
import type { PayAfterOrder, ServiceOrder } from '../../wechat/index.ts';

/** What the orders of both products have in common. Amounts are in fen. */
export interface OrderView extends OrderState {
  readonly product: OrderProduct;
  readonly collectionStateRaw: string | null;
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

/** What a pay-after order shows: it is paid in one payment. */
export function viewOfPayAfterOrder(order: PayAfterOrder): OrderView {
  const { riskAmount, totalAmount, finishTransactionId, paySuccTime, payType } = order;
  const state = readPayAfterState(order.state);
  const isPaid = state.status === 'PAID';
  const byWechat = finishTransactionId === null ? 'UNKNOWN' : 'WECHAT';
  const payment: OrderPayment = {
    transactionId: finishTransactionId,
    amount: totalAmount,
    paidTime: paySuccTime,
    channel: payType === 'MchChannelPayType' ? 'MERCHANT' : byWechat,
  };
  return {
    ...state,
    product: 'PAY_AFTER',
    collectionStateRaw: null,
    riskAmount,
    paidAmount: isPaid ? totalAmount : null,
    payments: isPaid && totalAmount !== 0 ? [payment] : [],
  };
}

/** What a service order shows. The amounts of a collection are inconsistent: its state decides. */
export function viewOfServiceOrder(order: ServiceOrder): OrderView {
  const { riskFund, totalAmount, needCollection, collection } = order;
  const collectionStateRaw = collection?.state ?? null;
  const state = readServiceOrderState({
    state: order.state,
    stateDescription: order.stateDescription || null,
    collectionState: collectionStateRaw,
  });
  // The response to a complete has no collection, also if there is something to collect.
  const withoutCollection = needCollection === true ? null : 0;
  const paid = collection === null ? withoutCollection : collectedAmount(collection, totalAmount);
  return {
    ...state,
    product: 'SERVICE_ORDER',
    collectionStateRaw,
    riskAmount: riskFund?.amount ?? null,
    paidAmount: state.status === 'PAID' ? paid : null,
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

/** WeChat Pay may end an order and go on collecting: then less than the total was paid. */
function collectedAmount(
  { state, totalAmount, paidAmount }: NonNullable<ServiceOrder['collection']>,
  totalOfOrder: number | null,
): number | null {
  return state === 'USER_PAID' ? (totalAmount ?? totalOfOrder) : paidAmount;
}

const CHANNEL_OF: Readonly<Record<string, OrderPayment['channel']>> = {
  NEWTON: 'WECHAT',
  MCH: 'MERCHANT',
};
