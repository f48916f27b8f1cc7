import { TokenBucket } from 'limiter';
import { LRUCache } from 'lru-cache';

export interface RateLimitOptions {
  /** Calls to WeChat Pay that a caller may make a second, in the long run. */
  readonly perSecond: number;
  /** How many at once, after a rest. */
  readonly burst: number;
}

/** How fast each caller may have WeChat Pay called, by this instance. */
export interface RateLimit {
  /**
   * Before anything is done for a request: takes the token of its first call.
   * @returns 0, or in how many seconds there will be one
   */
  readonly admit: (callerId: string) => number;
  /** Further calls of an admitted request, one by default: never refused, but the caller owes for them. */
  readonly charge: (callerId: string, calls?: number) => void;
}

export const NO_RATE_LIMIT: RateLimit = { admit: () => 0, charge: () => {} };

/** Callers whose buckets are remembered; one that is forgotten begins with a full one. */
const REMEMBERED = 10_000;
const SECOND_MS = 1_000;

/** A token bucket for each caller. A write is so never refused half-way: only a whole request is. */
export function createRateLimit({ perSecond, burst }: RateLimitOptions): RateLimit {
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
    charge: (callerId, calls = 1) => {
      bucketOf(callerId).content -= calls;
    },
  };
}
