import {
  OutcomeUnknownError,
  type Refusal,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../errors.ts';
import type { Ambiguous, NotAccepted } from './retry-policy.ts';
import type { CallOutcome } from './run-attempts.ts';

/** The detailed error number of "this order number was used with other parameters". */
const OTHER_PARAMETERS = 271316598;
const ORDER_NOT_FOUND = 271317510;
const NOT_FOUND_CODES = new Set(['ORDER_NOT_EXIST', 'RESOURCE_NOT_EXISTS']);

/** The response of a call that changes nothing, or its error. */
export function readOutcome<T>(settled: CallOutcome<T>): T {
  switch (settled.step) {
    case 'answer':
      return settled.answer;
    case 'refuse':
    case 'query':
      throw new WechatRefusedError(settled.refusal, settled.sent.attempts);
    case 'stop':
      throw readFailure({ ...settled.last, attempts: settled.sent.attempts });
  }
}

/** The response of a write, or its error if no query can resolve the outcome. */
export function writeOutcome<T>(settled: CallOutcome<T>): T {
  switch (settled.step) {
    case 'answer':
      return settled.answer;
    case 'refuse':
      throw new WechatRefusedError(settled.refusal);
    case 'query':
      throw new OutcomeUnknownError(
        settled.ambiguous?.reason ?? 'UNTRUSTED_ANSWER',
        settled.ambiguous ?? settled.refusal,
      );
    case 'stop':
      throw settled.last.kind === 'ambiguous'
        ? new OutcomeUnknownError(settled.last.reason, settled.last)
        : unavailable(settled.last);
  }
}

/** WeChat Pay's error number says that another order has this number. */
export function isConflict(refusal: Refusal): boolean {
  return refusal.code === 'INVALID_REQUEST' && refusal.number === OTHER_PARAMETERS;
}

const STATE_CODES = new Set(['INVALID_ORDER_STATE', 'ORDER_DONE', 'ORDER_CANCELED']);
/**
 * 当前订单状态不合法 (three numbers), 仅待支付时可用, 不满足撤销条件: WeChat Pay answers these with PARAM_ERROR or
 * INVALID_REQUEST, so that only the number says that it is the state.
 */
const STATE_NUMBERS = new Set([271302262, 271302332, 271302333, 271316657, 271316592]);
/** 单据正在扣款中: WeChat Pay is collecting the payment, or the user is paying. */
const DEBIT_RUNNING = 271316754;

/** The state of the order does not allow the operation. */
export function isStateRefusal({ code, number }: Refusal): boolean {
  return STATE_CODES.has(code) || (number !== null && STATE_NUMBERS.has(number));
}

/** Nothing changed, because a debit is under way. */
export function isBusy({ number }: Refusal): boolean {
  return number === DEBIT_RUNNING;
}

/** WeChat Pay has no such order. Other 404s, of a wrong path for example, do not mean that. */
export function isNotFound({ status, code, number }: Refusal): boolean {
  return status === 404 && (NOT_FOUND_CODES.has(code) || number === ORDER_NOT_FOUND);
}

function readFailure(last: (NotAccepted | Ambiguous) & { readonly attempts: number }) {
  return last.kind === 'ambiguous' && last.reason === 'UNTRUSTED_ANSWER'
    ? new WechatUntrustedError(last.what, last)
    : unavailable(last);
}

function unavailable(last: NotAccepted | Ambiguous): WechatUnavailableError {
  return new WechatUnavailableError(last.what, last);
}
