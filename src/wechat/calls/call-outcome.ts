import {
  OutcomeUnknownError,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../errors.ts';
import { isNotFound } from './refusals.ts';
import type { Ambiguous, NotAccepted } from './retry-policy.ts';
import type { CallOutcome } from './run-attempts.ts';

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

/**
 * The response of a query; null if WeChat Pay has no such order or permission. Only its signature
 * proves that: a missing order is the reason to create it once more.
 */
export function readIfPresent<T>(settled: CallOutcome<T>): T | null {
  if (settled.step !== 'refuse' || !isNotFound(settled.refusal)) {
    return readOutcome(settled);
  }
  const { refusal, sent } = settled;
  if (refusal.verified) {
    return null;
  }
  const what =
    'A 404 has no valid WeChat Pay signature and proves nothing: check proxies, the clock and the platform keys.';
  throw new WechatUntrustedError(what, { ...refusal, attempts: sent.attempts });
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

function readFailure(last: (NotAccepted | Ambiguous) & { readonly attempts: number }) {
  return last.kind === 'ambiguous' && last.reason === 'UNTRUSTED_ANSWER'
    ? new WechatUntrustedError(last.what, last)
    : unavailable(last);
}

function unavailable(last: NotAccepted | Ambiguous): WechatUnavailableError {
  return new WechatUnavailableError(last.what, last);
}
