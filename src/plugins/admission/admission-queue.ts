import { createShares, eighth, type LimitedCaller, type Share } from '../../auth/rate-limit.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';

export interface AdmissionOptions {
  /**
   * Maximum concurrent operations. As many more may be queued, and no more than begin within
   * `waitMs`.
   */
  readonly most: number;
  /**
   * How long an operation may wait until it begins, in ms: operations expected to wait longer are
   * rejected.
   */
  readonly waitMs?: number;
  /**
   * How many operations begin in one turn of the event loop; the others are queued for later turns.
   * The more begin together, the less each costs: all together have up to 1.13 times the throughput
   * of eight (64 in flight, one core), and twice the p99 of the delay of the event loop.
   */
  readonly perTurn?: number;
  /** How many may be executed at this moment; at most `most`. */
  readonly limit?: () => number;
  /** Called with the time that an operation was queued. */
  readonly onTurn?: (seconds: number) => void;
}

/**
 * Decides which operations begin, and when. Operations that arrive together begin a few at a time,
 * so that a burst never fills a turn of the event loop: everything else, above all WeChat Pay's
 * notifications, is handled in between. Operations that cannot begin soon are rejected immediately.
 *
 * Of the slots, and of the places in the queue, one caller gets at most seven eighths; a caller
 * without `orders:any` gets at most an eighth, and all of these together at most half.
 */
export interface Admission {
  /** Whether a new operation would wait for too long. Without a caller: that of any caller. */
  readonly isFull: (by?: LimitedCaller) => boolean;
  /** Queues the operation. False if its turn would not come in time. */
  readonly turn: (by?: LimitedCaller) => Promise<boolean>;
  /** Acquires a concurrency slot; false if none is free. The holder must call `end`. */
  readonly begin: (by?: LimitedCaller) => boolean;
  readonly end: (by?: LimitedCaller) => void;
}

interface Waiting {
  readonly since: number;
  readonly by: LimitedCaller | undefined;
  readonly shares: readonly Share[];
  readonly answer: (comes: boolean) => void;
}

const WAIT_MS = 100;
/**
 * Admitted operations tolerate a longer wait than newcomers before they are rejected, because they
 * have already cost work.
 */
const PATIENCE = 4;

export function createAdmission(options: AdmissionOptions): Admission {
  const { most, waitMs = WAIT_MS, perTurn = 8, onTurn } = options;
  const { limit = createConcurrencyLimit({ most }) } = options;
  const shares = createShares(most);
  /** In the order of arrival. */
  const line = new Set<Waiting>();
  const freed = countPerSpan(waitMs);
  let turnIsComing = false;
  let turnMs = Number.NEGATIVE_INFINITY;
  let lookIsComing = false;

  // The limit is read once for each look at the queue, not for each operation in it.
  const look = () => {
    const slots = limit();
    const hasSlot = (share: Share) =>
      share.underWay + share.starting < Math.ceil((share.most * slots) / most);
    return { hasSlot, canStart: (waiting: Waiting) => waiting.shares.every(hasSlot) };
  };
  const hasWaited = ({ since }: Waiting, ms: number, until = performance.now()) =>
    until - since > ms;
  const leaveLine = (waiting: Waiting, comes: boolean) => {
    line.delete(waiting);
    for (const share of waiting.shares) {
      share.waiting -= 1;
      share.starting = 0;
    }
    shares.forget(waiting.by);
    waiting.answer(comes);
  };
  const turn = () => {
    turnIsComing = false;
    turnMs = performance.now();
    for (const waiting of nextIn(line, perTurn, look().canStart)) {
      onTurn?.((performance.now() - waiting.since) / 1_000);
      leaveLine(waiting, true);
    }
    goOn();
  };
  const dropLate = () => {
    lookIsComing = false;
    const { canStart } = look();
    for (const waiting of line) {
      if (!hasWaited(waiting, PATIENCE * waitMs)) {
        break;
      }
      if (!canStart(waiting)) {
        leaveLine(waiting, false);
      }
    }
    goOn();
  };
  const goOn = () => {
    if (line.size === 0 || turnIsComing) {
      return;
    }
    if (firstIn(line, look().canStart) !== undefined) {
      turnIsComing = true;
      setImmediate(turn);
    } else if (!lookIsComing) {
      lookIsComing = true;
      setTimeout(dropLate, waitMs / 4);
    }
  };
  // Those in the queue are served in the order of arrival: a new one would wait for longer than the
  // first has, and than so many take. Each says so alone while slots are lacking. While there are
  // some, the event loop may only have stopped for a moment, or a burst have come to an idle server:
  // then both have to, and a quarter of the places be taken.
  const isShareFull = (share: Share, hasSlot: (share: Share) => boolean) => {
    if (share.waiting >= share.most || share.waiting === 0) {
      return share.waiting >= share.most;
    }
    // Those that wait for a slot of their caller, or of the shoppers, are passed by others.
    const isAhead = ({ shares: own }: Waiting) => {
      const place = own.indexOf(share);
      return place === 0 || (place > 0 && own.slice(0, place).every(hasSlot));
    };
    const first = firstIn(line, isAhead);
    const isFree = hasSlot(share);
    // A burst that arrives in one turn of the event loop has not missed another.
    const until = isFree ? turnMs : performance.now();
    const isLate = first !== undefined && hasWaited(first, waitMs, until);
    if (isFree && !isLate) {
      return false;
    }
    if (isLate && !isFree) {
      return true;
    }
    const many = Math.max(perTurn, isFree ? share.most / 4 : 0, freed.before());
    return share.waiting >= many && hasAtLeast(line, many, isAhead);
  };
  const isFull = (by?: LimitedCaller) => {
    const { hasSlot } = look();
    return shares.of(by).some((share) => isShareFull(share, hasSlot));
  };
  return {
    isFull,
    turn: (by) => {
      if (isFull(by)) {
        return Promise.resolve(false);
      }
      return new Promise<boolean>((answer) => {
        const own = shares.take(by);
        for (const share of own) {
          share.waiting += 1;
        }
        line.add({ since: performance.now(), by, shares: own, answer });
        goOn();
      });
    },
    begin: (by) => {
      // An admitted operation is read and checked before it begins; meanwhile others may take the
      // slot.
      if (shares.of(by).some((share) => share.underWay >= share.most + eighth(share.most))) {
        return false;
      }
      for (const share of shares.take(by)) {
        share.underWay += 1;
      }
      return true;
    },
    end: (by) => {
      for (const share of shares.of(by)) {
        share.underWay -= 1;
      }
      shares.forget(by);
      freed.count();
      goOn();
    },
  };
}

function firstIn<T>(items: Iterable<T>, is: (item: T) => boolean): T | undefined {
  for (const item of items) {
    if (is(item)) {
      return item;
    }
  }
  return undefined;
}

function hasAtLeast<T>(items: Iterable<T>, many: number, is: (item: T) => boolean): boolean {
  let count = 0;
  for (const item of items) {
    count += is(item) ? 1 : 0;
    if (count >= many) {
      return true;
    }
  }
  return false;
}

/** The first that can start together. */
function nextIn(
  line: Iterable<Waiting>,
  most: number,
  canStart: (waiting: Waiting) => boolean,
): readonly Waiting[] {
  const next: Waiting[] = [];
  for (const waiting of line) {
    if (next.length === most) {
      break;
    }
    if (canStart(waiting)) {
      next.push(waiting);
      for (const share of waiting.shares) {
        share.starting += 1;
      }
    }
  }
  return next;
}

/**
 * Counts per interval of a fixed length in ms, and returns the count of the last complete interval.
 */
function countPerSpan(spanMs: number) {
  let [span, counted, before] = [0, 0, 0];
  const goOn = () => {
    const now = Math.floor(performance.now() / spanMs);
    if (now !== span) {
      before = now === span + 1 ? counted : 0;
      counted = 0;
      span = now;
    }
  };
  return {
    count: () => {
      goOn();
      counted += 1;
    },
    before: () => {
      goOn();
      return before;
    },
  };
}
