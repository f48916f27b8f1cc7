import type { Refusal } from '../errors.ts';

/** What a refusal means for the write that is refused. */
export type RefusalKind =
  /** There is no such order. */
  | 'not-found'
  /** The state of the order does not allow it. */
  | 'state'
  /** The number was used with other parameters. */
  | 'conflict'
  /** A debit is under way. */
  | 'busy'
  /** An amount, a time or another value breaks a rule. */
  | 'input'
  /** WeChat Pay could not collect the payment. */
  | 'debit-failed'
  /** Too many calls. */
  | 'rate'
  /** The user cannot use the service. */
  | 'user'
  /** The merchant, the app and the service do not belong together, or lack a permission. */
  | 'configuration';

/**
 * WeChat Pay's detailed error numbers, which end the Request-ID. Its error codes say less: a wrong
 * state for example is PARAM_ERROR, INVALID_REQUEST or INVALID_ORDER_STATE.
 */
export const REFUSALS: ReadonlyMap<number, RefusalKind> = new Map([
  [271317510, 'not-found'],
  // 当前订单状态不合法, of orders that are canceled or not confirmed yet.
  [271302262, 'state'],
  [271302332, 'state'],
  [271302333, 'state'],
  // 仅待支付时可用
  [271316657, 'state'],
  // 不满足撤销条件
  [271316592, 'state'],
  // 订单重入参数校验失败
  [271316598, 'conflict'],
  // 单据正在扣款中
  [271316754, 'busy'],
  // 支付分扣款失败
  [271316574, 'debit-failed'],
  // 总金额超过此服务的服务风险金额
  [271316656, 'input'],
  // 真实结束时间小于预计开始时间
  [271316637, 'input'],
  [268435464, 'input'],
  [268435472, 'rate'],
  // 综合评估未通过, an overdue order, youth mode
  [271300099, 'user'],
  [271299627, 'user'],
  [268560785, 'user'],
  [271302144, 'configuration'],
  [271302149, 'configuration'],
  [268503786, 'configuration'],
]);

const NOT_FOUND_CODES = new Set(['ORDER_NOT_EXIST', 'RESOURCE_NOT_EXISTS']);

/** WeChat Pay's error number says that another order has this number. */
export function isConflict({ code, number }: Refusal): boolean {
  return code === 'INVALID_REQUEST' && isOfKind(number, 'conflict');
}

const STATE_CODES = new Set(['INVALID_ORDER_STATE', 'ORDER_DONE', 'ORDER_CANCELED']);

/** The state of the order does not allow the operation. */
export function isStateRefusal({ code, number }: Refusal): boolean {
  return STATE_CODES.has(code) || isOfKind(number, 'state');
}

/** Nothing changed, because WeChat Pay is collecting the payment, or the user is paying. */
export function isBusy({ number }: Refusal): boolean {
  return isOfKind(number, 'busy');
}

/** A debit failed. Where the call is no request for a debit, it may have taken effect before. */
export function isFailedDebit({ number }: Refusal): boolean {
  return isOfKind(number, 'debit-failed');
}

/** WeChat Pay has no such order. Other 404s, of a wrong path for example, do not mean that. */
export function isNotFound({ status, code, number }: Refusal): boolean {
  return status === 404 && (NOT_FOUND_CODES.has(code) || isOfKind(number, 'not-found'));
}

function isOfKind(number: number | null, kind: RefusalKind): boolean {
  return number !== null && REFUSALS.get(number) === kind;
}
