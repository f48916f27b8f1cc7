import { hash } from 'node:crypto';
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
  readonly admit: (caller: LimitedCaller) => number;
  /** Further calls of an admitted request, one by default: never refused, but charged against the caller's future budget. */
  readonly charge: (caller: LimitedCaller, calls?: number) => void;
  /** What is left to the caller; undefined if it has no limit. */
  readonly left: (caller: LimitedCaller) => Quota | undefined;
}

/** The bucket of a caller, in whole tokens. */
interface Quota {
  /** When it is full. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until it is full, if nothing is taken. */
  readonly resetSeconds: number;
}

/** Whom a limit applies to. */
export type LimitedCaller = Pick<Caller, 'id' | 'scopes'>;

export const NO_RATE_LIMIT: RateLimit & Buckets = {
  admit: () => 0,
  charge: () => {},
  left: () => undefined,
};

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
  forShoppers: RateLimitOptions | undefined,
): RateLimit {
  const [others, shoppers] = [createBuckets(options), createBuckets(forShoppers)];
  const bucketsOf = (caller: LimitedCaller) => (isShopper(caller) ? shoppers : others);
  return {
    admit: (caller) => bucketsOf(caller).admit(caller.id),
    charge: (caller, calls = 1) => bucketsOf(caller).charge(caller.id, calls),
    left: (caller) => bucketsOf(caller).left(caller.id),
  };
}

interface Buckets {
  readonly admit: (callerId: string) => number;
  readonly charge: (callerId: string, calls: number) => void;
  readonly left: (callerId: string) => Quota | undefined;
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
    left: (callerId) => {
      const bucket = bucketOf(callerId);
      bucket.drip();
      return {
        limit: burst,
        remaining: Math.max(0, Math.floor(bucket.content)),
        resetSeconds: Math.ceil((burst - bucket.content) / perSecond),
      };
    },
  };
}

/** Slots and places in the queue: those of one caller, of all shoppers, or all there are. */
export interface Share {
  readonly most: number;
  underWay: number;
  waiting: number;
  /** Operations whose turn has just come. */
  starting: number;
}

/** The share of each caller that has operations, that of all shoppers, and the whole. */
export interface Shares {
  /** That of the caller first. Nobody is limited by the whole only. */
  readonly of: (by: LimitedCaller | undefined) => readonly Share[];
  /** Keeps them until the caller is idle. */
  readonly take: (by: LimitedCaller | undefined) => readonly Share[];
  /** If the caller is idle. */
  readonly forget: (by: LimitedCaller | undefined) => void;
}

/**
 * Of all places one caller gets at most seven eighths; a shopper gets at most an eighth, and all
 * shoppers together at most half.
 */
export function createShares(most: number): Shares {
  const share = (places: number): Share => ({ most: places, underWay: 0, waiting: 0, starting: 0 });
  const whole = share(most);
  const shoppers = share(Math.max(1, Math.floor(most / 2)));
  const ofNobody = [whole];
  const busyShoppers = new Map<string, readonly Share[]>();
  const busyClients = new Map<string, readonly Share[]>();
  const busyLike = (by: LimitedCaller) => (isShopper(by) ? busyShoppers : busyClients);
  const create = (by: LimitedCaller) =>
    isShopper(by)
      ? [share(Math.max(1, eighth(most))), shoppers, whole]
      : [share(most - eighth(most)), whole];
  const of = (by: LimitedCaller | undefined) =>
    by === undefined ? ofNobody : (busyLike(by).get(by.id) ?? create(by));
  return {
    of,
    take: (by) => {
      const own = of(by);
      if (by !== undefined) {
        busyLike(by).set(by.id, own);
      }
      return own;
    },
    forget: (by) => {
      const [own] = of(by);
      if (by !== undefined && own?.underWay === 0 && own.waiting === 0) {
        busyLike(by).delete(by.id);
      }
    },
  };
}

export function eighth(most: number): number {
  return Math.floor(most / 8);
}

/** Maximum open subscriptions on this instance: of all callers, and of each. */
export interface StreamLimits {
  readonly most: number;
  readonly perCaller: number;
}

/** Counts open subscriptions from before they begin until they have ended. */
export interface OpenStreams {
  /** A place, which has to be returned once; or whose limit is reached. */
  readonly open: (callerId: string) => (() => void) | 'all' | 'caller';
}

export function createOpenStreams({ most, perCaller }: StreamLimits): OpenStreams {
  const ofCaller = new Map<string, number>();
  let all = 0;
  return {
    open: (callerId) => {
      const own = ofCaller.get(callerId) ?? 0;
      if (own >= perCaller) {
        return 'caller';
      }
      if (all >= most) {
        return 'all';
      }
      all += 1;
      ofCaller.set(callerId, own + 1);
      return () => {
        all -= 1;
        const left = (ofCaller.get(callerId) ?? 1) - 1;
        if (left > 0) {
          ofCaller.set(callerId, left);
        } else {
          ofCaller.delete(callerId);
        }
      };
    },
  };
}

/** Whom a flood comes from: callers that were rejected are known without another authentication. */
export interface Rejections {
  readonly remember: (authorization: string | null, caller: Caller) => void;
  readonly callerWith: (authorization: string | undefined) => Caller | undefined;
}

const REMEMBERED_REJECTIONS = 256;

/** By the hash of a credential, which is then kept nowhere, and of any length takes the same place. */
export function createRejections(): Rejections {
  const callers = new LRUCache<string, Caller>({ max: REMEMBERED_REJECTIONS });
  const keyOf = (authorization: string) => hash('sha256', authorization, 'base64url');
  return {
    remember: (authorization, caller) => {
      callers.set(keyOf(authorization ?? ''), caller);
    },
    callerWith: (authorization = '') =>
      callers.size === 0 ? undefined : callers.get(keyOf(authorization)),
  };
}
