import type { SandboxRules } from '../rules.ts';
import { at } from '../validation/body-object.ts';
import { NUMBER } from '../wechat/answer.ts';
import { invalidRequest, orderIs, paramError, type Refusal } from '../wechat/refusal.ts';
import type { Phase } from './service-order.ts';

/** 当前订单状态不合法 has a number of its own for an order to confirm, and for a canceled one. */
function numberOf(phase: Phase): number {
  switch (phase) {
    case 'created':
      return NUMBER.stillToConfirm;
    case 'revoked':
      return NUMBER.canceled;
    default:
      return NUMBER.wrongState;
  }
}

/** The refusal of the table of errors. The rule `stateRefusals` decides whether it is used. */
function asListed(phase: Phase, message: string, number: number): Refusal {
  switch (phase) {
    case 'revoked':
      return orderIs('ORDER_CANCELED', '订单已撤销', number);
    case 'done':
      return orderIs('ORDER_DONE', '订单已完结', number);
    default:
      return orderIs('INVALID_ORDER_STATE', message, number);
  }
}

type Refuse = (phase: Phase, rules: SandboxRules) => Refusal;

/** Complete: 当前订单状态不合法, or 完结订单状态不合法 for one that is done. */
export const notCompletable: Refuse = (phase, { stateRefusals }) => {
  const message = phase === 'done' ? '完结订单状态不合法' : '当前订单状态不合法';
  const number = numberOf(phase);
  if (stateRefusals === 'as-listed') {
    return asListed(phase, message, number);
  }
  return phase === 'done'
    ? paramError(message, at('/out_order_no', 'the order is done'), number)
    : invalidRequest(message, number);
};

/** Cancel: 当前订单状态不满足撤销条件. */
export const notCancellable: Refuse = (phase, { stateRefusals }) => {
  const message = '当前订单状态不满足撤销条件';
  return stateRefusals === 'as-listed'
    ? asListed(phase, message, phase === 'revoked' ? NUMBER.canceled : NUMBER.notCancellable)
    : paramError(message, at('/out_order_no', 'wrong state'), NUMBER.notCancellable);
};

/** Modify: 仅待支付时可用. */
export const notModifiable: Refuse = (phase, { stateRefusals }) => {
  const message = '仅待支付时可用';
  return stateRefusals === 'as-listed'
    ? asListed(phase, message, NUMBER.onlyWhilePaying)
    : invalidRequest(message, NUMBER.onlyWhilePaying);
};

/** Pay: 当前订单状态不合法 before the complete and after a cancel, otherwise 仅待支付时可用. */
export const notPayable: Refuse = (phase, { stateRefusals }) => {
  const isEarly = phase === 'created' || phase === 'accepted';
  const number = isEarly
    ? NUMBER.stillToConfirm
    : phase === 'revoked'
      ? NUMBER.canceled
      : NUMBER.onlyWhilePaying;
  const message = isEarly
    ? '当前订单状态不合法，订单状态为确认状态'
    : phase === 'revoked'
      ? '当前订单状态不合法'
      : '仅待支付时可用';
  return stateRefusals === 'as-listed'
    ? asListed(phase, message, number)
    : invalidRequest(message, number);
};

/** Sync: ORDER_DONE for an order that is paid, 当前订单状态不合法 for others. */
export const notSettleable: Refuse = (phase, { stateRefusals }) => {
  const message = '当前订单状态不合法';
  return stateRefusals === 'as-listed' || phase === 'done'
    ? asListed(phase, message, numberOf(phase))
    : invalidRequest(message, numberOf(phase));
};

/** Why the user may not use the service, by the rule `assessment`; undefined if the user may. */
export function assessmentOf({
  assessment,
}: SandboxRules): { readonly message: string; readonly number: number } | undefined {
  switch (assessment) {
    case 'passes':
      return undefined;
    case 'fails':
      return { message: '综合评估未通过', number: NUMBER.assessmentFailed };
    case 'unpaid-orders':
      return { message: '用户存在逾期未支付的订单', number: NUMBER.unpaidOrders };
    case 'youth-mode':
      return { message: '用户开启了青少年模式', number: NUMBER.youthMode };
  }
}
