import {
  OutcomeUnknownError,
  type Refusal,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../errors.ts';
import { REFUSALS, type RefusalKind } from './refusals.ts';
import type { Ambiguous, NotAccepted } from './retry-policy.ts';
import type { CallOutcome } from './run-attempts.ts';

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

/** WeChat Pay has no such order. Other 404s, of a wrong path for example, do not mean that. */
export function isNotFound({ status, code, number }: Refusal): boolean {
  return status === 404 && (NOT_FOUND_CODES.has(code) || isOfKind(number, 'not-found'));
}

function isOfKind(number: number | null, kind: RefusalKind): boolean {
  return number !== null && REFUSALS.get(number) === kind;
}

function readFailure(last: (NotAccepted | Ambiguous) & { readonly attempts: number }) {
  return last.kind === 'ambiguous' && last.reason === 'UNTRUSTED_ANSWER'
    ? new WechatUntrustedError(last.what, last)
    : unavailable(last);
}

function unavailable(last: NotAccepted | Ambiguous): WechatUnavailableError {
  return new WechatUnavailableError(last.what, last);
}
