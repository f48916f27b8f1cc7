import type { LastAnswer, Refusal, UnknownOutcomeReason } from '../errors.ts';
import type { ResilienceOptions } from '../options.ts';

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

/** Error codes that are labels of a metric. WeChat Pay may add others at any time: OTHER. */
const LABELS: ReadonlySet<string> = new Set([
  'SIGN_ERROR',
  'NO_AUTH',
  'PARAM_ERROR',
  'INVALID_REQUEST',
  'ORDER_NOT_EXIST',
  'RESOURCE_NOT_EXISTS',
  'INVALID_ORDER_STATE',
  'ORDER_DONE',
  'ORDER_CANCELED',
]);

/** The code of an attempt as a label with few values. */
export function labelOf(attempt: Attempt<unknown>): string {
  switch (attempt.kind) {
    case 'done':
      return 'OK';
    case 'refused':
      return LABELS.has(attempt.refusal.code) ? attempt.refusal.code : 'OTHER';
    case 'not-accepted':
    case 'ambiguous':
      return attempt.reason;
  }
}

export type NextStep<T> =
  | { readonly step: 'answer'; readonly answer: T }
  | { readonly step: 'refuse'; readonly refusal: Refusal }
  /**
   * A write was refused after an attempt that may have taken effect (`ambiguous`), or by a response
   * that is not verified: only a query can resolve it.
   */
  | { readonly step: 'query'; readonly refusal: Refusal; readonly ambiguous: Ambiguous | undefined }
  /** `unless`: this attempt may have taken effect; only if a query shows that it has not. */
  | { readonly step: 'retry'; readonly afterMs: number; readonly unless?: Ambiguous }
  | { readonly step: 'stop'; readonly last: NotAccepted | Ambiguous };

export interface Progress<T> {
  readonly writes: boolean;
  /** Whether WeChat Pay documents that the same bytes succeed again. */
  readonly isIdempotent: boolean;
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
    isIdempotent,
    attempts,
    remainingMs,
    mayRepeat,
    firstDelayMs,
    jitter,
    earlierAmbiguousAttempt: earlierAmbiguous,
  } = progress;
  const latest = attempts[attempts.length - 1] ?? attempts[0];
  const ambiguousNow = lastAmbiguous(attempts);
  const ambiguous = ambiguousNow ?? earlierAmbiguous;
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
    const isUnsafe = writes && !isIdempotent && ambiguousNow !== undefined;
    return { step: 'retry', afterMs, ...(isUnsafe && { unless: ambiguousNow }) };
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

/** Limits the retries of all calls together, so that they do not multiply an outage. */
export interface RetryBudget {
  /** Whether the budget allows another retry. */
  readonly mayRetry: () => boolean;
  readonly countFirst: () => void;
  readonly countRetry: () => void;
}

/** The window of the retry budget and of the circuit breaker. */
export const WINDOW_MS = 10_000;

/** @param now ms of a monotonic clock */
export function createRetryBudget(
  { maxRetries, retryShare }: Pick<ResilienceOptions, 'maxRetries' | 'retryShare'>,
  now: () => number,
): RetryBudget {
  const attempts = createSlidingWindow(WINDOW_MS, now);
  return {
    mayRetry: () => {
      const { all, failed: retries } = attempts.read();
      return retries < Math.max(maxRetries, retryShare * (all - retries));
    },
    countFirst: () => attempts.count(false),
    countRetry: () => attempts.count(true),
  };
}

/** Counts over a sliding window, some of them marked as failed. */
interface Tally {
  readonly count: (marked: boolean) => void;
  readonly read: () => Counts;
  readonly clear: () => void;
}

export interface Counts {
  readonly all: number;
  readonly failed: number;
}

const SLOTS = 10;

/**
 * Counts in ten slots, so that the cost does not depend on the counts; what is older than the
 * window leaves slot by slot.
 * @param now ms of a monotonic clock
 */
export function createSlidingWindow(windowMs: number, now: () => number): Tally {
  const slotMs = windowMs / SLOTS;
  let slots: { turn: number; all: number; marked: number }[] = [];
  const current = () => {
    const turn = Math.floor(now() / slotMs);
    if (slots.at(-1)?.turn !== turn) {
      slots = slots.filter((slot) => slot.turn > turn - SLOTS);
    }
    return turn;
  };
  return {
    count: (marked) => {
      const turn = current();
      let slot = slots.at(-1);
      if (slot?.turn !== turn) {
        slot = { turn, all: 0, marked: 0 };
        slots.push(slot);
      }
      slot.all += 1;
      slot.marked += marked ? 1 : 0;
    },
    read: () => {
      current();
      let all = 0;
      let marked = 0;
      for (const slot of slots) {
        all += slot.all;
        marked += slot.marked;
      }
      return { all, failed: marked };
    },
    clear: () => {
      slots = [];
    },
  };
}
