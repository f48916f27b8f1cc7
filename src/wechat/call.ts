import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './attempt.ts';
import { type Ambiguous, type Attempt, type NextStep, nextStep } from './attempts.ts';
import type { Guard } from './guard.ts';
import type { Reader } from './judge.ts';
import type { KeyRing } from './key-ring.ts';
import type { AttemptReport } from './report.ts';
import type { Method, Signer } from './send-signed.ts';
import type { DropField } from './shape.ts';

/** One call to WeChat, made of up to three attempts that carry the same bytes. */
export interface Call<T> {
  readonly method: Method;
  readonly target: string;
  /** Names it without its values, for counting: `GET /v3/payscore/payafter-orders`. */
  readonly endpoint: string;
  readonly body: Uint8Array;
  readonly writes: boolean;
  /** Names the key that the body's sensitive fields are encrypted for; the preferred one where left out. */
  readonly platformSerial?: string | undefined;
  /** What was ambiguous about this very write before, in another call. */
  readonly doubt?: Ambiguous | undefined;
  readonly read: Reader<T>;
  /** Values that must not come back in an error. */
  readonly sent: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface CallContext extends Signer {
  readonly keys: KeyRing;
  readonly guard: Guard;
  readonly budgetMs: number;
  readonly onUnreadableField: DropField;
  readonly onAttempt: (report: AttemptReport) => void;
}

/** Where a call stands when no further attempt of its own follows. */
export type Settled<T> = Exclude<NextStep<T>, { step: 'again' }>;

/** A point on the monotonic clock (ms) by which the whole call has to end. */
export type Deadline = number;

export function deadlineIn(budgetMs: number): Deadline {
  return performance.now() + budgetMs;
}

/** Attempts until {@link nextStep} says that it is enough. Throws only the caller's own abort. */
export async function settle<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<Settled<T>> {
  const { guard, onAttempt } = context;
  let attempts: Attempt<T>[] = [];
  for (;;) {
    const startMs = performance.now();
    const latest = await attempt(call, context, deadline);
    const endMs = performance.now();
    onAttempt({ endpoint: call.endpoint, kind: latest.kind, ms: endMs - startMs });
    if (attempts.length === 0 && !(latest.kind === 'not-accepted' && latest.held)) {
      guard.countFirst();
    }
    const next = nextStep({
      writes: call.writes,
      earlierDoubt: call.doubt,
      attempts: [...attempts, latest],
      remainingMs: deadline - endMs,
      mayRepeat: guard.mayRepeat(),
      jitter: Math.random(),
    });
    if (next.step !== 'again') {
      return next;
    }
    // Before the pause: whoever asks meanwhile must not find the same room.
    guard.countRepeat();
    attempts = [...attempts, latest];
    await pause(next.afterMs, call.signal);
  }
}

/** Cut short by the caller's own abort, and then throws its reason, as an attempt does. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}
