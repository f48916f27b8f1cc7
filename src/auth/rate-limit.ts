import { TokenBucket } from 'limiter';
import { LRUCache } from 'lru-cache';
import { type Caller, isShopper } from './caller.ts';

export interface RateLimitOptions {
  /** Calls to WeChat Pay per second that a caller may cause, on average. */
  readonly perSecond: number;
  /** The maximum burst. */
  readonly burst: number;
}

/** The rate at which each caller may cause calls to WeChat Pay, on this instance. */
export interface RateLimit {
  /**
   * Before a request is executed: takes the token of its first call.
   * @returns 0, or the seconds until a token is available
   */
  readonly admit: (caller: RatedCaller) => number;
  /** Further calls of an admitted request, one by default: never refused, but charged against the caller's future budget. */
  readonly charge: (caller: RatedCaller, calls?: number) => void;
}

type RatedCaller = Pick<Caller, 'id' | 'scopes'>;

export const NO_RATE_LIMIT: RateLimit & Buckets = { admit: () => 0, charge: () => {} };

/** Maximum callers whose buckets are kept; an evicted caller starts with a full bucket. */
const REMEMBERED = 10_000;
const SECOND_MS = 1_000;

/**
 * A token bucket for each caller. Only whole requests are refused, so a write is never refused
 * half-way.
 * @param options undefined: no limit
 * @param forShoppers for callers that act for one user only; undefined: no limit
 */
export function createRateLimit(
  options: RateLimitOptions | undefined,
  forShoppers = options,
): RateLimit {
  const [others, shoppers] = [createBuckets(options), createBuckets(forShoppers)];
  const bucketsOf = (caller: RatedCaller) => (isShopper(caller) ? shoppers : others);
  return {
    admit: (caller) => bucketsOf(caller).admit(caller.id),
    charge: (caller, calls = 1) => bucketsOf(caller).charge(caller.id, calls),
  };
}

interface Buckets {
  readonly admit: (callerId: string) => number;
  readonly charge: (callerId: string, calls: number) => void;
}

function createBuckets(options: RateLimitOptions | undefined): Buckets {
  if (options === undefined) {
    return NO_RATE_LIMIT;
  }
  const { perSecond, burst } = options;
  const buckets = new LRUCache<string, TokenBucket>({ max: REMEMBERED });
  const bucketOf = (callerId: string) => {
    let bucket = buckets.get(callerId);
    if (bucket === undefined) {
      bucket = new TokenBucket({
        bucketSize: burst,
        tokensPerInterval: perSecond,
        interval: SECOND_MS,
      });
      bucket.content = burst;
      buckets.set(callerId, bucket);
    }
    return bucket;
  };
  return {
    admit: (callerId) => {
      const bucket = bucketOf(callerId);
      return bucket.tryRemoveTokens(1) ? 0 : Math.ceil(bucket.getWaitTime(1) / SECOND_MS);
    },
    charge: (callerId, calls) => {
      bucketOf(callerId).content -= calls;
    },
  };
}
