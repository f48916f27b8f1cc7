import type { LastAnswer, Refusal, UnknownOutcomeReason } from '../errors.ts';

/** The result of one attempt: one of four kinds. */
export type Attempt<T> =
  | Done<T>
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | NotAccepted
  | Ambiguous;

/** WeChat Pay answered as it does to a success. */
interface Done<T> extends LastAnswer {
  readonly kind: 'done';
  readonly answer: T;
}

/** Why a call was not accepted. */
export type NotAcceptedReason =
  | 'RATE_LIMITED'
  | 'NOT_CONNECTED'
  | 'CIRCUIT_OPEN'
  | 'TOO_MANY_CALLS'
  | 'DEADLINE'
  | 'NO_KEY';

/** WeChat Pay did not accept it: 429, no byte was sent, or the attempt was not made. */
export interface NotAccepted extends LastAnswer {
  readonly kind: 'not-accepted';
  readonly reason: NotAcceptedReason;
  /** Blocked locally for longer than a call may wait: no retry within this call. */
  readonly blockedLocally?: true;
  /** A 429 without a valid signature: a proxy may have forwarded the request. */
  readonly unverified?: true;
  readonly what: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Not sent because of a local limit; waiting within the call would only make it longer. */
export function blockedLocally(
  reason: NotAcceptedReason,
  what: string,
  retryAfterMs: number,
): NotAccepted {
  const none = { status: null, code: null, requestId: null };
  return { kind: 'not-accepted', blockedLocally: true, reason, what, retryAfterMs, ...none };
}

const NO_KEY_RETRY_MS = 2_000;

const NO_KEY =
  'No valid WeChat Pay public key or platform certificate is available: configure the public key, or check that the platform certificates have not expired and can be downloaded.';

/**
 * Without a valid key no field can be encrypted for WeChat Pay, and no response can be verified.
 */
export function noValidKey(): NotAccepted {
  return blockedLocally('NO_KEY', NO_KEY, NO_KEY_RETRY_MS);
}

/** WeChat Pay may or may not have processed it. */
export interface Ambiguous extends LastAnswer {
  readonly kind: 'ambiguous';
  readonly reason: UnknownOutcomeReason;
  readonly what: string;
  readonly cause?: unknown;
}

/** One attempt of a call, for metrics. Contains no order number and no value of the request. */
export interface AttemptReport {
  /**
   * A path template: `POST /v3/payscore/payafter-orders/{out_order_no}/complete`, or `POST other`.
   */
  readonly endpoint: string;
  readonly kind: Attempt<unknown>['kind'];
  /** OK, WeChat Pay's error code if it is one of few, or why there is no usable response. */
  readonly code: string;
  /** From the request to send until the result was classified, including the time in the queue. */
  readonly ms: number;
}

/** A write was refused without a valid signature: a query resolves it. */
export interface UnverifiedRefusal {
  /** A path template, as in {@link AttemptReport}. */
  readonly endpoint: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
}

export type NextStep<T> =
  | { readonly step: 'answer'; readonly answer: T }
  | { readonly step: 'refuse'; readonly refusal: Refusal }
  /**
   * A write was refused after an attempt that may have taken effect (`ambiguous`), or by a response
   * that is not verified: only a query can resolve it.
   */
  | { readonly step: 'query'; readonly refusal: Refusal; readonly ambiguous: Ambiguous | undefined }
  | { readonly step: 'retry'; readonly afterMs: number }
  | { readonly step: 'stop'; readonly last: NotAccepted | Ambiguous };

export interface Progress<T> {
  readonly writes: boolean;
  readonly earlierAmbiguousAttempt?: Ambiguous | undefined;
  /** In order, the latest last, not empty. */
  readonly attempts: readonly [...Attempt<T>[], Attempt<T>];
  readonly remainingMs: number;
  /** Whether the retry budget, which all calls share, allows another retry. */
  readonly mayRepeat: boolean;
  /** Between the first attempt and the second, before jitter. */
  readonly firstDelayMs: number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly jitter: number;
}

export const MAX_ATTEMPTS = 3;
export const SHORTEST_ATTEMPT_MS = 50;
const LONGEST_ATTEMPT_MS = 3_000;

/**
 * The time-out of one attempt: a third of the whole budget, at most 3 s, and never more than what
 * is left.
 */
export function attemptTimeout(budgetMs: number, remainingMs: number): number {
  return Math.max(1, Math.min(budgetMs / MAX_ATTEMPTS, LONGEST_ATTEMPT_MS, remainingMs));
}

/** Decides the next step from the attempts so far. The whole retry policy; pure. */
export function decideNextStep<T>(progress: Progress<T>): NextStep<T> {
  const {
    writes,
    attempts,
    remainingMs,
    mayRepeat,
    firstDelayMs,
    jitter,
    earlierAmbiguousAttempt: earlierAmbiguous,
  } = progress;
  const latest = attempts[attempts.length - 1] ?? attempts[0];
  const ambiguous = lastAmbiguous(attempts) ?? earlierAmbiguous;
  if (latest.kind === 'done') {
    return { step: 'answer', answer: latest.answer };
  }
  if (latest.kind === 'refused') {
    const { refusal } = latest;
    return writes && (ambiguous !== undefined || !isProven(refusal))
      ? { step: 'query', refusal, ambiguous }
      : { step: 'refuse', refusal };
  }
  const backOff = firstDelayMs * 2 ** (attempts.length - 1) * (1 + jitter / 2);
  const declined = latest.kind === 'not-accepted' ? latest : undefined;
  const afterMs = Math.max(backOff, declined?.retryAfterMs ?? 0);
  const may = mayRepeat && !declined?.blockedLocally;
  if (may && attempts.length < MAX_ATTEMPTS && afterMs + SHORTEST_ATTEMPT_MS <= remainingMs) {
    return { step: 'retry', afterMs };
  }
  return { step: 'stop', last: writes ? (ambiguous ?? latest) : latest };
}

/**
 * WeChat Pay signs every refusal except a 401, and a call that fails authentication has no effect.
 */
function isProven({ verified, status }: Refusal): boolean {
  return verified || status === 401;
}

/** The last attempt that may have taken effect if the call is a write. */
function lastAmbiguous<T>(attempts: readonly Attempt<T>[]): Ambiguous | undefined {
  const last = attempts.findLast(
    (attempt) =>
      attempt.kind === 'ambiguous' || (attempt.kind === 'not-accepted' && attempt.unverified),
  );
  if (last?.kind === 'not-accepted') {
    const { what, status, code, requestId } = last;
    return { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER', what, status, code, requestId };
  }
  return last?.kind === 'ambiguous' ? last : undefined;
}
