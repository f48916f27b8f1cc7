import type { RateLimitOptions, StreamLimits } from '../auth/rate-limit.ts';
import type { EnvironmentReader } from './environment-reader.ts';

const MOST_CALLS = 1_000_000;
const DEFAULT_PER_SECOND = 300;

/** Undefined: no rate limit. */
export function readRateLimit(
  from: EnvironmentReader,
  production: boolean,
): RateLimitOptions | undefined {
  const given = from.whole('RATE_LIMIT_PER_SECOND', 0, MOST_CALLS);
  const burst = from.whole('RATE_LIMIT_BURST', 1, MOST_CALLS);
  const perSecond = given ?? (production ? DEFAULT_PER_SECOND : 0);
  if (burst !== undefined && perSecond === 0) {
    from.addProblem('RATE_LIMIT_BURST', 'requires RATE_LIMIT_PER_SECOND: set both.');
  }
  return perSecond === 0 ? undefined : { perSecond, burst: burst ?? 2 * perSecond };
}

/** Of callers that act for one user only. Undefined: no rate limit. */
export function readShopperRateLimit(from: EnvironmentReader): RateLimitOptions | undefined {
  const perSecond = from.whole('SHOPPER_RATE_LIMIT_PER_SECOND', 0, MOST_CALLS) ?? 5;
  return perSecond === 0 ? undefined : { perSecond, burst: 2 * perSecond };
}

/** Maximum concurrent operations. */
export function readMaxInFlight(from: EnvironmentReader): number {
  return from.whole('MAX_IN_FLIGHT', 1, 100_000) ?? 256;
}

/** Open subscriptions: of all callers, and of each. */
export function readStreamLimits(from: EnvironmentReader): StreamLimits {
  return {
    most: from.whole('MAX_STREAMS', 1, 100_000) ?? 10_000,
    perCaller: from.whole('MAX_STREAMS_PER_CALLER', 1, 100_000) ?? 100,
  };
}

/** Ms. */
export function readIdleMs(from: EnvironmentReader): number {
  return (from.whole('KEEP_ALIVE_SECONDS', 1, 3_600) ?? 25) * 1_000;
}

/** Ms; 0: query results are not cached. */
export function readOrderCacheMs(from: EnvironmentReader): number {
  return from.whole('ORDER_CACHE_MS', 0, 10_000) ?? 0;
}

/** Of the reconciler, for each instance. */
export function readReconcilerCalls(from: EnvironmentReader): number {
  return from.whole('RECONCILER_CALLS_PER_SECOND', 1, 1_000) ?? 10;
}
