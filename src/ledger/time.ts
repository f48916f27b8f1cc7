import { type LedgerLog, LedgerUnavailableError } from './ledger.ts';

/** Node fires a longer timer immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The result of the work, or `late` after so many ms; the work goes on, and what it then rejects with is dropped.
 * @throws what the work rejects with in time
 */
export async function within<T, L>(ms: number, work: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<L>((resolve) => {
    timer = setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS), late);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for a job that has to be done before a write is sent.
 * @param sendBy on the monotonic clock, ms: later, the caller learns that nothing was sent
 * @param onLate called with the result if it comes after that
 * @throws LedgerUnavailableError if the ledger fails, or has not answered by then
 */
export async function beforeSending<T>(
  log: Pick<LedgerLog, 'error'>,
  sendBy: number,
  work: Promise<T>,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        isLate = true;
        log.error({}, 'ledger timeout before a write was sent: nothing was sent');
        reject(new LedgerUnavailableError());
      },
      Math.min(Math.max(0, sendBy - performance.now()), LONGEST_TIMER_MS),
    );
  });
  const answered = work.then(
    (value) => {
      if (isLate) {
        onLate(value);
      }
      return value;
    },
    (error: unknown) => {
      if (!isLate) {
        log.error({ err: error }, 'ledger failed before a write was sent: nothing was sent');
      }
      throw error instanceof LedgerUnavailableError ? error : new LedgerUnavailableError(error);
    },
  );
  try {
    return await Promise.race([answered, timeout]);
  } finally {
    clearTimeout(timer);
    answered.catch(() => {});
  }
}

/** A monotonic clock that all threads share; `performance.now` restarts in each. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** How much faster or slower than time a steady clock goes at most. */
const SLEWING = 1 / 10;
/** Nothing that was in progress before a machine slept for so long is still in progress. */
const SLEPT_MS = 3_600_000;

interface Clocks {
  /** Unix ms; an operator or NTP may set it. */
  readonly wall: () => number;
  /** ms from any moment. */
  readonly monotonic: () => number;
}

/**
 * Unix ms of a clock that follows the wall clock, but only by going up to a tenth faster or slower:
 * if that is set by minutes, a lease still lasts about as long as it should. Only an hour or more is
 * caught up immediately, because the machine has slept. It never goes back.
 */
export function createSteadyClock({
  wall = Date.now,
  monotonic = () => performance.now(),
}: Partial<Clocks> = {}): () => number {
  let time = wall();
  let at = monotonic();
  return () => {
    const elapsed = monotonic() - at;
    at += elapsed;
    const behind = wall() - (time + elapsed);
    const most = behind >= SLEPT_MS ? behind : elapsed * SLEWING;
    time += elapsed + Math.max(-elapsed * SLEWING, Math.min(behind, most));
    return Math.floor(time);
  };
}
