import type { RateLimitOptions } from '../auth/rate-limit.ts';
import { type ClientAddress, clientAddress, trustedProxies } from '../http/client-address.ts';
import type { EnvironmentReader } from './environment.ts';

const MOST_CALLS = 1_000_000;
const DEFAULT_PER_SECOND = 300;

/** Undefined where callers may call as fast as they like. */
export function readRateLimit(
  from: EnvironmentReader,
  production: boolean,
): RateLimitOptions | undefined {
  const given = from.whole('RATE_LIMIT_PER_SECOND', 0, MOST_CALLS);
  const burst = from.whole('RATE_LIMIT_BURST', 1, MOST_CALLS);
  const perSecond = given ?? (production ? DEFAULT_PER_SECOND : 0);
  if (burst !== undefined && perSecond === 0) {
    from.addProblem(
      'RATE_LIMIT_BURST',
      'is of no use without RATE_LIMIT_PER_SECOND: set that too.',
    );
  }
  return perSecond === 0 ? undefined : { perSecond, burst: burst ?? 2 * perSecond };
}

/** Operations under way at once. */
export function readMaxInFlight(from: EnvironmentReader): number {
  return from.whole('MAX_IN_FLIGHT', 1, 100_000) ?? 256;
}

/** Ms. */
export function readIdleMs(from: EnvironmentReader): number {
  return (from.whole('KEEP_ALIVE_SECONDS', 1, 3_600) ?? 25) * 1_000;
}

export function readProxies(from: EnvironmentReader): ClientAddress {
  try {
    return clientAddress(trustedProxies(from.list('TRUSTED_PROXIES')));
  } catch {
    const problem = 'holds what is neither an address nor a network such as 10.0.0.0/8.';
    from.addProblem('TRUSTED_PROXIES', problem);
    return clientAddress(trustedProxies([]));
  }
}
