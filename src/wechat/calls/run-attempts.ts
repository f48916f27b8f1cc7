import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './attempt.ts';
import type { Call, CallContext, Deadline } from './call.ts';
import { type Attempt, decideNextStep, type NextStep } from './retry-policy.ts';

export type { CallContext, Deadline } from './call.ts';

/** Where a call stands when no further attempt of its own follows. */
export type CallOutcome<T> = Exclude<NextStep<T>, { step: 'retry' }>;

/** @param latest the deadline of whatever this call is a part of */
export function deadlineIn(
  budgetMs: number,
  latest: Deadline = Number.POSITIVE_INFINITY,
): Deadline {
  return Math.min(performance.now() + budgetMs, latest);
}

/** Attempts until {@link decideNextStep} says that it is enough. Throws only the caller's own abort. */
export async function runAttempts<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<CallOutcome<T>> {
  const { resilience: guard, onAttempt } = context;
  let attempts: Attempt<T>[] = [];
  for (;;) {
    const startMs = performance.now();
    const latest = await attempt(call, context, deadline);
    const endMs = performance.now();
    onAttempt({ endpoint: call.endpoint, kind: latest.kind, ms: endMs - startMs });
    if (attempts.length === 0 && !(latest.kind === 'not-accepted' && latest.blockedLocally)) {
      guard.countFirst();
    }
    const next = decideNextStep({
      writes: call.writes,
      earlierAmbiguousAttempt: call.earlierAmbiguousAttempt,
      attempts: [...attempts, latest],
      remainingMs: deadline - endMs,
      mayRepeat: guard.mayRetry(),
      jitter: Math.random(),
    });
    if (next.step !== 'retry') {
      return next;
    }
    // Before the pause: a concurrent call must not spend the same budget.
    guard.countRetry();
    attempts = [...attempts, latest];
    await pause(next.afterMs, call.signal);
  }
}

/** Cut short by the caller's own abort, and then throws its reason, as an attempt does. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}
