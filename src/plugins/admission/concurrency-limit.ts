import { type EventLoopUtilization, performance } from 'node:perf_hooks';

export interface ConcurrencyLimitOptions {
  readonly most: number;
  /** The busy part (0 to 1) of the time since the last call. */
  readonly utilization?: () => number;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

const INTERVAL_MS = 100;
const BUSY = 0.98;
/** Enough for a busy event loop to find something to do, however short the calls to WeChat Pay are. */
const LEAST = 64;
const LOWER = 0.8;
const RAISE = 1.25;

/**
 * How many operations may be executed concurrently: as many as keep the event loop busy, and at most
 * `most`. More would only wait for each other, and each would cost more: with 256 in place of 64 an
 * overloaded server answered a third fewer (measured). While the event loop has idle time, the
 * operations wait for WeChat Pay, and the limit rises.
 */
export function createConcurrencyLimit({
  most,
  utilization = sinceLastCall(),
  now = () => performance.now(),
}: ConcurrencyLimitOptions): () => number {
  const least = Math.min(most, LEAST);
  let limit = most;
  let readMs = now();
  return () => {
    const nowMs = now();
    // It is read when operations arrive: after a pause it has risen as if it had been read all the time.
    const intervals = Math.floor((nowMs - readMs) / INTERVAL_MS);
    if (intervals > 0) {
      readMs = nowMs;
      limit =
        utilization() > BUSY
          ? Math.max(least, limit * LOWER)
          : Math.min(most, limit * RAISE ** intervals);
    }
    return Math.floor(limit);
  };
}

function sinceLastCall(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, last);
    last = current;
    return utilization;
  };
}
