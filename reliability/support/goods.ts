import type { SandboxCredentials } from '../../src/sandbox/identity.ts';
import { type TrueOrder, trueOrders, trueServiceOrders, trueTotal } from './expected-state.ts';
import { PERSON } from './watch.ts';

/** A write that a shopper repeats until it has succeeded. */
export type Step = 'create' | 'complete' | 'modify' | 'collect';

/** What a shop sells with one of the two products, and how WeChat Pay shows it. */
export interface Goods {
  readonly product: 'PAY_AFTER' | 'SERVICE_ORDER';
  /** The steps of an order, in their order. */
  readonly steps: readonly Step[];
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

const FIELDS = '__typename ... on UserError { message }';

export const CREATE = `mutation ($input: CreatePayAfterOrderInput!) { result: createPayAfterOrder(input: $input) {
  ${FIELDS} ... on CreatePayAfterOrderPayload { orderId } } }`;
const COMPLETE = `mutation ($input: CompletePayAfterOrderInput!) { result: completePayAfterOrder(input: $input) {
  ${FIELDS} ... on CompletePayAfterOrderPayload { orderId } } }`;

export function inputOf(step: Step, outOrderNo: string, index: number): object {
  const { risk, total } = amountsOf(index);
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

export function isCompleted({ state }: Pick<TrueOrder, 'state'>): boolean {
  return state === 'FINISHED' || state === 'USER_PAID';
}

export const PAY_AFTER_GOODS: Goods = {
  product: 'PAY_AFTER',
  steps: ['create', 'complete'],
  mutationOf: (step) => (step === 'create' ? CREATE : COMPLETE),
  inputOf,
  orders: trueOrders,
  totalOf: (merchant, { outOrderNo }) => trueTotal(merchant, outOrderNo),
  isDone: (step, order) => step === 'create' || isCompleted(order),
};

const NAMES = { create: 'Create', complete: 'Complete', modify: 'Modify', collect: 'Collect' };

export const SERVICE_GOODS: Goods = {
  product: 'SERVICE_ORDER',
  steps: ['create', 'complete', 'modify', 'collect'],
  mutationOf: (step) => {
    const name = `${NAMES[step]}ServiceOrder`;
    const field = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    return `mutation ($input: ${name}Input!) { result: ${field}(input: $input) {
  ${FIELDS} ... on ${name}Payload { orderId } } }`;
  },
  inputOf: (step, outOrderNo, index) => {
    const { risk, total, lowered } = amountsOf(index);
    switch (step) {
      case 'create':
        return {
          outOrderNo,
          serviceIntroduction: '充电宝',
          timeRange: { startTime: 'OnAccept' },
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
    }
  },
  orders: trueServiceOrders,
  totalOf: (_merchant, { totalAmount = null }) => totalAmount,
  isDone: (step, { totalAmount = null }, index) => {
    switch (step) {
      case 'create':
        return true;
      case 'complete':
        return totalAmount !== null;
      case 'modify':
        return totalAmount === amountsOf(index).lowered;
      case 'collect':
        return totalAmount !== null;
    }
  },
};
