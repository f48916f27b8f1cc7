import { blockedLocally, type NotAccepted } from '../calls/retry-policy.ts';
import {
  type BreakerState,
  createBreaker,
  createSlidingWindow,
  type Health,
  PAUSED,
} from './circuit-breaker.ts';

/** Limits that keep an outage of WeChat Pay, or overload, from costing more than necessary. */
export interface ResilienceOptions {
  /** Maximum concurrent attempts; as many connections are kept. */
  readonly maxConcurrent: number;
  /** Maximum attempts that are queued. */
  readonly maxQueued: number;
  /**
   * The breaker opens if the window has at least this many attempts, and this share of them failed.
   */
  readonly breakerAttempts: number;
  readonly breakerShare: number;
  readonly breakerOpenMs: number;
  /** Retries within the window: this share of the first attempts, or `maxRetries` if that is more. */
  readonly retryShare: number;
  readonly maxRetries: number;
  /** Ms between the first attempt and the second, before jitter; doubled each time. */
  readonly firstDelayMs: number;
}

/** The window of the breaker and of the retry budget. */
const WINDOW_MS = 10_000;

export const DEFAULT_RESILIENCE: ResilienceOptions = {
  maxConcurrent: 128,
  maxQueued: 256,
  breakerAttempts: 20,
  breakerShare: 0.5,
  breakerOpenMs: 5_000,
  retryShare: 0.1,
  maxRetries: 30,
  firstDelayMs: 200,
};

/** Guards every attempt: circuit breakers, a bulkhead and a retry budget. */
export interface Resilience {
  /** A permit, to be released with the result of the attempt; or why nothing is sent. */
  readonly acquire: (
    writes: boolean,
    withinMs: number,
    signal?: AbortSignal,
  ) => Promise<Permit | NotAccepted>;
  /** Whether the budget allows another retry. */
  readonly mayRetry: () => boolean;
  readonly countFirst: () => void;
  readonly countRetry: () => void;
  readonly firstDelayMs: number;
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
  const rule = {
    attempts: protection.breakerAttempts,
    failingShare: protection.breakerShare,
    openMs: protection.breakerOpenMs,
  };
  const breakerContext = { windowMs: WINDOW_MS, now, onChange: tell };
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
    mayRetry: () => {
      const { all, failed: marked } = repeats.read();
      return marked < Math.max(protection.maxRetries, protection.retryShare * (all - marked));
    },
    countFirst: () => repeats.count(false),
    countRetry: () => repeats.count(true),
    firstDelayMs: protection.firstDelayMs,
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
  };
}
