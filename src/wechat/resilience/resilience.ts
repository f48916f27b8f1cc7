import type { BreakerState } from '../calls/reports.ts';
import type { NotAccepted } from '../calls/retry-policy.ts';
import { createBulkhead } from './bulkhead.ts';
import { type Circuit, CLOSED, canAttempt, type Health, recordOutcome } from './circuit-breaker.ts';
import { type ResilienceOptions, WINDOW_MS } from './options.ts';
import { createSlidingWindow } from './sliding-window.ts';

/** Stands before every attempt: circuit breakers, room for so many at once, and a budget for repeats. */
export interface Resilience {
  /** A place, to be left with what the attempt showed; or why it is not sent at all. */
  readonly acquire: (
    writes: boolean,
    withinMs: number,
    signal?: AbortSignal,
  ) => Promise<Permit | NotAccepted>;
  /** Whether the budget has room for another repeat. */
  readonly mayRetry: () => boolean;
  readonly countFirst: () => void;
  readonly countRetry: () => void;
}

interface Permit {
  readonly kind: 'permit';
  readonly release: (health: Health) => void;
}

const WORST_FIRST: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/**
 * Writes and reads have a circuit each. A write that always fails among many reads that don't would
 * never open a common one; and one that was opened by writes would keep out the very queries that
 * resolve their outcomes.
 * @param now ms of a clock that never goes back
 */
export function createResilience(
  protection: ResilienceOptions,
  now: () => number,
  onBreaker: (state: BreakerState) => void,
): Resilience {
  const bulkhead = createBulkhead(protection.maxConcurrent, protection.maxQueued);
  const repeats = createSlidingWindow(WINDOW_MS, now);
  let told: BreakerState = 'closed';
  const tell = () => {
    const states = [writes.state(), reads.state()];
    const worst = WORST_FIRST.find((state) => states.includes(state)) ?? 'closed';
    if (worst !== told) {
      told = worst;
      onBreaker(worst);
    }
  };
  const writes = createBreaker(protection, now, tell);
  const reads = createBreaker(protection, now, tell);
  return {
    acquire: async (isWrite, withinMs, signal) => {
      const breaker = isWrite ? writes : reads;
      const shut = breaker.shut();
      if (shut !== undefined) {
        return shut;
      }
      const entry = await bulkhead.enter(withinMs, signal);
      if (entry !== 'acquired') {
        return blockedLocally('Too many calls to WeChat Pay are under way here.', 1_000);
      }
      const pass = breaker.pass();
      if (pass === undefined) {
        bulkhead.leave();
        return breaker.shut() ?? blockedLocally(PAUSED, 0);
      }
      return {
        kind: 'permit',
        release: (health) => {
          bulkhead.leave();
          breaker.conclude(pass, health);
        },
      };
    },
    mayRetry: () => {
      const { all, failed: marked } = repeats.read();
      return marked < Math.max(protection.maxRetries, protection.retryShare * (all - marked));
    },
    countFirst: () => repeats.count(false),
    countRetry: () => repeats.count(true),
  };
}

function createBreaker(protection: ResilienceOptions, now: () => number, onChange: () => void) {
  const rule = {
    attempts: protection.breakerAttempts,
    failingShare: protection.breakerShare,
    openMs: protection.breakerOpenMs,
  };
  const tally = createSlidingWindow(WINDOW_MS, now);
  let circuit: Circuit = CLOSED;
  const become = (next: Circuit) => {
    const changed = next.state !== circuit.state;
    circuit = next;
    if (changed) {
      tally.clear();
      onChange();
    }
  };
  return {
    state: () => circuit.state,
    /** Why nothing is sent now; undefined where something may be. */
    shut: (): NotAccepted | undefined => {
      const admission = canAttempt(circuit, now(), rule);
      return admission.pass === 'rejected' ? blockedLocally(PAUSED, admission.waitMs) : undefined;
    },
    pass: (): 'allowed' | 'probe' | undefined => {
      const { pass } = canAttempt(circuit, now(), rule);
      if (pass === 'probe') {
        become({ state: 'half-open' });
      }
      return pass === 'rejected' ? undefined : pass;
    },
    conclude: (pass: 'allowed' | 'probe', health: Health) => {
      if (health !== 'neutral') {
        tally.count(health === 'bad');
      }
      become(recordOutcome(circuit, { pass, health }, tally.read(), now(), rule));
    },
  };
}

const PAUSED = 'WeChat Pay has failed too often recently: calls to it pause.';

/** Not sent for a reason of ours; to wait within the call would only make it longer. */
export function blockedLocally(what: string, retryAfterMs: number): NotAccepted {
  const none = { status: null, code: null, requestId: null };
  return { kind: 'not-accepted', blockedLocally: true, what, retryAfterMs, ...none };
}
