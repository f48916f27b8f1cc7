import type { BreakerState, ResilienceOptions } from '../options.ts';
import {
  blockedLocally,
  type Counts,
  createRetryBudget,
  createSlidingWindow,
  type NotAccepted,
  type RetryBudget,
  WINDOW_MS,
} from './retry-policy.ts';

/** Guards every attempt: circuit breakers, a bulkhead and a retry budget. */
export interface Resilience extends RetryBudget {
  /** A permit, to be released with the result of the attempt; or why nothing is sent. */
  readonly acquire: (
    writes: boolean,
    withinMs: number,
    signal?: AbortSignal,
  ) => Promise<Permit | NotAccepted>;
  readonly firstDelayMs: number;
  /** Attempts in flight. */
  readonly inFlight: () => number;
}

interface Permit {
  readonly kind: 'permit';
  readonly release: (health: Health) => void;
}

const WORST_FIRST: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/**
 * Writes and reads have a circuit each. Writes that always fail among many successful reads would
 * never open a common one; and one that was opened by writes would block the queries that resolve
 * their outcomes.
 * @param now ms of a monotonic clock
 */
export function createResilience(
  protection: ResilienceOptions,
  now: () => number,
  onBreaker: (state: BreakerState) => void,
): Resilience {
  const bulkhead = createBulkhead(protection.maxConcurrent, protection.maxQueued);
  let reported: BreakerState = 'closed';
  const report = () => {
    const states = [writes.state(), reads.state()];
    const worst = WORST_FIRST.find((state) => states.includes(state)) ?? 'closed';
    if (worst !== reported) {
      reported = worst;
      onBreaker(worst);
    }
  };
  const rule = {
    attempts: protection.breakerAttempts,
    failingShare: protection.breakerShare,
    openMs: protection.breakerOpenMs,
  };
  const breakerContext = { windowMs: WINDOW_MS, now, onChange: report };
  const writes = createBreaker(rule, breakerContext);
  const reads = createBreaker(rule, breakerContext);
  return {
    acquire: async (isWrite, withinMs, signal) => {
      const breaker = isWrite ? writes : reads;
      const shut = breaker.shut();
      if (shut !== undefined) {
        return shut;
      }
      const entry = await bulkhead.enter(withinMs, signal);
      if (entry !== 'acquired') {
        return blockedLocally(
          'TOO_MANY_CALLS',
          'Too many concurrent calls to WeChat Pay. Retry later.',
          1_000,
        );
      }
      const pass = breaker.pass();
      if (pass === undefined) {
        bulkhead.leave();
        return breaker.shut() ?? blockedLocally('CIRCUIT_OPEN', PAUSED, 0);
      }
      return {
        kind: 'permit',
        release: (health) => {
          bulkhead.leave();
          breaker.conclude(pass, health);
        },
      };
    },
    ...createRetryBudget(protection, now),
    firstDelayMs: protection.firstDelayMs,
    inFlight: bulkhead.inside,
  };
}

/** The state of a circuit breaker, and until when it is open. */
export type Circuit =
  | { readonly state: 'closed' | 'half-open' }
  | { readonly state: 'open'; readonly untilMs: number };

/** What an attempt says of the server's health; `neutral`: rate limited, or never reached it. */
export type Health = 'good' | 'bad' | 'neutral';

export interface CircuitRule {
  /** With fewer attempts in the window the circuit does not open. */
  readonly attempts: number;
  /** From 0 to 1. */
  readonly failingShare: number;
  readonly openMs: number;
}

export type AttemptDecision =
  | { readonly pass: 'allowed' | 'probe' }
  /** How long the circuit stays open: the wait that a caller may be given. */
  | { readonly pass: 'rejected'; readonly waitMs: number };

export const CLOSED: Circuit = { state: 'closed' };

/**
 * Whether an attempt may be sent now. Pure, as is {@link recordOutcome}: together they are the
 * whole breaker.
 */
export function canAttempt(circuit: Circuit, nowMs: number, rule: CircuitRule): AttemptDecision {
  switch (circuit.state) {
    case 'closed':
      return { pass: 'allowed' };
    case 'half-open':
      return { pass: 'rejected', waitMs: rule.openMs };
    case 'open':
      return nowMs >= circuit.untilMs
        ? { pass: 'probe' }
        : { pass: 'rejected', waitMs: circuit.untilMs - nowMs };
  }
}

/**
 * The state after the result of an attempt. If a probe is inconclusive, the next attempt probes.
 * Attempts sent before the circuit opened are ignored.
 */
export function recordOutcome(
  circuit: Circuit,
  { pass, health }: { readonly pass: 'allowed' | 'probe'; readonly health: Health },
  counts: Counts,
  nowMs: number,
  rule: CircuitRule,
): Circuit {
  if (pass === 'probe') {
    return health === 'good'
      ? CLOSED
      : { state: 'open', untilMs: health === 'bad' ? nowMs + rule.openMs : nowMs };
  }
  const failing = counts.all >= rule.attempts && counts.failed >= rule.failingShare * counts.all;
  return circuit.state === 'closed' && health === 'bad' && failing
    ? { state: 'open', untilMs: nowMs + rule.openMs }
    : circuit;
}

const PAUSED = 'Circuit breaker open: WeChat Pay failed too often recently. Retry later.';

interface BreakerContext {
  readonly windowMs: number;
  readonly now: () => number;
  readonly onChange: () => void;
}

/**
 * A breaker with its state, over the counts of a window.
 * @param now ms of a monotonic clock
 */
function createBreaker(rule: CircuitRule, { windowMs, now, onChange }: BreakerContext) {
  const tally = createSlidingWindow(windowMs, now);
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
    /** Why nothing is sent now; undefined if an attempt may be sent. */
    shut: (): NotAccepted | undefined => {
      const admission = canAttempt(circuit, now(), rule);
      return admission.pass === 'rejected'
        ? blockedLocally('CIRCUIT_OPEN', PAUSED, admission.waitMs)
        : undefined;
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

/** A bulkhead: a maximum of concurrent attempts; others are queued. */
export interface Bulkhead {
  /**
   * `acquired`: a permit, which `leave` has to return. `queue-full`: too many wait. `timed-out`: no
   * permit became free in time. Throws only the reason of the caller's own abort.
   */
  readonly enter: (withinMs: number, signal?: AbortSignal) => Entry | Promise<Entry>;
  readonly leave: () => void;
  /** Permits that were not returned yet. */
  readonly inside: () => number;
}

type Entry = 'acquired' | 'queue-full' | 'timed-out';

export function createBulkhead(places: number, maxWaiting: number): Bulkhead {
  let inside = 0;
  const waiting = new Set<() => void>();
  const wait = (withinMs: number, signal: AbortSignal | undefined) =>
    new Promise<Entry>((resolve, reject) => {
      const leaveLine = () => {
        waiting.delete(admitted);
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
      };
      const admitted = () => {
        leaveLine();
        resolve('acquired');
      };
      const aborted = () => {
        leaveLine();
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          leaveLine();
          resolve('timed-out');
        },
        Math.max(0, withinMs),
      );
      waiting.add(admitted);
      signal?.addEventListener('abort', aborted);
    });
  return {
    enter: (withinMs, signal) => {
      if (inside < places) {
        inside += 1;
        return 'acquired';
      }
      if (waiting.size >= maxWaiting) {
        return 'queue-full';
      }
      signal?.throwIfAborted();
      return wait(withinMs, signal);
    },
    leave: () => {
      const [next] = waiting;
      if (next === undefined) {
        inside -= 1;
      } else {
        // The permit goes directly to the waiter that has waited longest.
        next();
      }
    },
    inside: () => inside,
  };
}
