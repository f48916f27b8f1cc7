import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './attempt.ts';
import type { Call, CallContext, Deadline } from './call.ts';
import { type Attempt, type NextStep, nextStep } from './retry-policy.ts';

export type { CallContext, Deadline } from './call.ts';

/** Where a call stands when no further attempt of its own follows. */
export type Settled<T> = Exclude<NextStep<T>, { step: 'again' }>;

/** @param latest the deadline of whatever this call is a part of */
export function deadlineIn(
  budgetMs: number,
  latest: Deadline = Number.POSITIVE_INFINITY,
): Deadline {
  return Math.min(performance.now() + budgetMs, latest);
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
