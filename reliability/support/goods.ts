import type { SandboxCredentials } from '../../src/sandbox/identity.ts';
import { type TrueOrder, trueOrders, trueServiceOrders, trueTotal } from './expected-state.ts';
import { PERSON } from './watch.ts';

/** A write that a shopper repeats until it has succeeded. */
export type Step = 'create' | 'complete' | 'modify' | 'collect' | 'cancel' | 'sync';

/** What a shop sells with one of the two products, and how WeChat Pay shows it. */
export interface Goods {
  readonly product: 'PAY_AFTER' | 'SERVICE_ORDER';
  readonly mutationOf: (step: Step) => string;
  readonly inputOf: (step: Step, outOrderNo: string, index: number) => object;
  readonly orders: (sandbox: string) => Promise<ReadonlyMap<string, TrueOrder>>;
  readonly totalOf: (
    merchant: SandboxCredentials,
    order: TrueOrder,
  ) => Promise<number | null> | number | null;
  /** Whether the order is as it is after this step, or after a later one. */
  readonly isDone: (step: Step, order: TrueOrder, index: number) => boolean;
}

/** The same for both products: an order of one is not that of the other. */
export function numberOf(index: number): string {
  return `F${index}`;
}

export function amountsOf(index: number) {
  return { risk: 10_000 + index, total: 1_000 + index, lowered: 500 + index };
}

const NAMES: Readonly<Record<Step, string>> = {
  create: 'Create',
  complete: 'Complete',
  modify: 'Modify',
  collect: 'Collect',
  cancel: 'Cancel',
  sync: 'Sync',
};

function mutation(step: Step, order: 'PayAfterOrder' | 'ServiceOrder'): string {
  const name = `${NAMES[step]}${order}`;
  return `mutation ($input: ${name}Input!) { result: ${step}${order}(input: $input) {
  __typename ... on UserError { message } ... on ${name}Payload { orderId } } }`;
}

export const CREATE = mutation('create', 'PayAfterOrder');

export function inputOf(step: Step, outOrderNo: string, index: number): object {
  const { risk, total } = amountsOf(index);
  if (step === 'cancel' || step === 'sync') {
    return changeOf(step, outOrderNo);
  }
  return step === 'create'
    ? {
        outOrderNo,
        serviceStartTime: 'OnAccept',
        serviceEndTime: '2099-01-01T00:00:00+08:00',
        serviceStartLocation: '深圳',
        serviceIntroduction: '骑行',
        riskAmount: risk,
        fees: [{ feeName: '骑行费', feeAmount: 150, feeDesc: '每半小时1.5元' }],
        needUserConfirm: false,
        ...PERSON,
        openid: `${PERSON.openid}${index}`,
      }
    : {
        outOrderNo,
        finishType: 'FINISHED',
        totalAmount: total,
        fees: [{ feeName: '骑行费', feeAmount: total }],
      };
}

function changeOf(step: 'cancel' | 'sync', outOrderNo: string): object {
  return step === 'cancel'
    ? { outOrderNo, reason: '用户取消' }
    : { outOrderNo, type: 'ORDER_PAID', detail: { paidTime: NOT_NOW } };
}

/** Of a sync, which has to set the time itself. */
const NOT_NOW = '2000-01-01T00:00:00+08:00';

function isCompleted({ state }: Pick<TrueOrder, 'state'>): boolean {
  return state === 'FINISHED' || state === 'USER_PAID';
}

export const PAY_AFTER_GOODS: Goods = {
  product: 'PAY_AFTER',
  mutationOf: (step) => mutation(step, 'PayAfterOrder'),
  inputOf,
  orders: trueOrders,
  totalOf: (merchant, { outOrderNo }) => trueTotal(merchant, outOrderNo),
  isDone: (step, order) => {
    switch (step) {
      case 'create':
        return true;
      case 'cancel':
        return order.state === 'REVOKED';
      case 'sync':
        return order.state === 'USER_PAID';
      default:
        return isCompleted(order);
    }
  },
};

export const SERVICE_GOODS: Goods = {
  product: 'SERVICE_ORDER',
  mutationOf: (step) => mutation(step, 'ServiceOrder'),
  inputOf: (step, outOrderNo, index) => {
    const { risk, total, lowered } = amountsOf(index);
    switch (step) {
      case 'create':
        return {
          outOrderNo,
          serviceIntroduction: '充电宝',
          timeRange: { startTime: 'OnAccept', endTime: '2099-01-01T00:00:00+08:00' },
          riskFund: { name: 'DEPOSIT', amount: risk },
          postPayments: [{ name: '租金', description: '每小时2元' }],
          attach: PERSON.attach,
        };
      case 'complete':
        return { outOrderNo, postPayments: [{ name: '租金', amount: total }], totalAmount: total };
      case 'modify':
        return {
          outOrderNo,
          postPayments: [{ name: '租金', amount: lowered }],
          totalAmount: lowered,
          reason: '用户投诉',
        };
      case 'collect':
        return { outOrderNo };
      case 'cancel':
      case 'sync':
        return changeOf(step, outOrderNo);
    }
  },
  orders: trueServiceOrders,
  totalOf: (_merchant, { totalAmount = null }) => totalAmount,
  isDone: (step, { state, totalAmount = null }, index) => {
    switch (step) {
      case 'create':
        return true;
      case 'complete':
        return totalAmount !== null;
      case 'modify':
        return totalAmount === amountsOf(index).lowered;
      case 'collect':
        return totalAmount !== null;
      case 'cancel':
        return state === 'REVOKED';
      case 'sync':
        return state === 'DONE';
    }
  },
};
