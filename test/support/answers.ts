import type { PayAfterOrder } from '../../src/wechat/index.ts';

/** An order as a query shows it: CREATED, and nothing but what is always there. */
export function payAfterOrder(changes: Partial<PayAfterOrder> = {}): PayAfterOrder {
  return {
    appid: 'wxd678efh567hg6787',
    mchid: '1230000109',
    outOrderNo: 'T1',
    serviceId: '500001',
    state: 'CREATED',
    finishType: null,
    serviceStartTime: null,
    serviceEndTime: null,
    realServiceStartTime: null,
    realServiceEndTime: null,
    paySuccTime: null,
    serviceStartLocation: null,
    serviceEndLocation: null,
    realServiceStartLocation: null,
    realServiceEndLocation: null,
    serviceIntroduction: null,
    fees: null,
    discounts: null,
    riskAmount: null,
    totalAmount: null,
    attach: null,
    finishTicket: null,
    finishTransactionId: null,
    payType: null,
    ...changes,
  };
}
