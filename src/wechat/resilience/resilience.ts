import type { BreakerState } from '../calls/reports.ts';
import type { NotAccepted } from '../calls/retry-policy.ts';
import { createBulkhead } from './bulkhead.ts';
import { admit, type Circuit, CLOSED, conclude, type Health } from './circuit-breaker.ts';
import { type Protection, WINDOW_MS } from './options.ts';
import { createTally } from './sliding-window.ts';

/** Stands before every attempt: circuit breakers, room for so many at once, and a budget for repeats. */
export interface Guard {
  /** A place, to be left with what the attempt showed; or why it is not sent at all. */
  readonly enter: (
    writes: boolean,
    withinMs: number,
    signal?: AbortSignal,
  ) => Promise<Place | NotAccepted>;
  /** Whether the budget has room for another repeat. */
  readonly mayRepeat: () => boolean;
  readonly countFirst: () => void;
  readonly countRepeat: () => void;
}

interface Place {
  readonly kind: 'place';
  readonly leave: (health: Health) => void;
}

const WORST_FIRST: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/**
 * Writes and reads have a circuit each. A write that always fails among many reads that don't would
 * never open a common one; and one that was opened by writes would keep out the very queries that
 * settle what came of them.
 * @param now ms of a clock that never goes back
 */
export function createGuard(
  protection: Protection,
  now: () => number,
  onBreaker: (state: BreakerState) => void,
): Guard {
  const bulkhead = createBulkhead(protection.calls, protection.waiting);
  const repeats = createTally(WINDOW_MS, now);
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
    enter: async (isWrite, withinMs, signal) => {
      const breaker = isWrite ? writes : reads;
      const shut = breaker.shut();
      if (shut !== undefined) {
        return shut;
      }
      const entry = await bulkhead.enter(withinMs, signal);
      if (entry !== 'in') {
        return held('Too many calls to WeChat Pay are under way here.', 1_000);
      }
      const pass = breaker.pass();
      if (pass === undefined) {
        bulkhead.leave();
        return breaker.shut() ?? held(PAUSED, 0);
      }
      return {
        kind: 'place',
        leave: (health) => {
          bulkhead.leave();
          breaker.conclude(pass, health);
        },
      };
    },
    mayRepeat: () => {
      const { all, marked } = repeats.read();
      return marked < Math.max(protection.repeats, protection.repeatShare * (all - marked));
    },
    countFirst: () => repeats.count(false),
    countRepeat: () => repeats.count(true),
  };
}

function createBreaker(protection: Protection, now: () => number, onChange: () => void) {
  const rule = {
    attempts: protection.breakerAttempts,
    failingShare: protection.breakerShare,
    openMs: protection.breakerOpenMs,
  };
  const tally = createTally(WINDOW_MS, now);
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
      const admission = admit(circuit, now(), rule);
      return admission.pass === 'none' ? held(PAUSED, admission.waitMs) : undefined;
    },
    pass: (): 'flow' | 'probe' | undefined => {
      const { pass } = admit(circuit, now(), rule);
      if (pass === 'probe') {
        become({ state: 'half-open' });
      }
      return pass === 'none' ? undefined : pass;
    },
    conclude: (pass: 'flow' | 'probe', health: Health) => {
      if (health !== 'neither') {
        tally.count(health === 'bad');
      }
      become(conclude(circuit, { pass, health }, tally.read(), now(), rule));
    },
  };
}

const PAUSED = 'WeChat Pay has failed too often of late: calls to it pause.';

/** Not sent for a reason of ours; to wait within the call would only make it longer. */
export function held(what: string, retryAfterMs: number): NotAccepted {
  const none = { status: null, code: null, requestId: null };
  return { kind: 'not-accepted', held: true, what, retryAfterMs, ...none };
}
