import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * What a job waits for. `immediate`: nothing, because its caller needs the time to do something else.
 * `patient`: a lock of another process, but no other job. `background`: both, because no caller waits.
 */
export type Pace = 'immediate' | 'patient' | 'background';

export interface Writer {
  /**
   * Jobs run in order, and are durable when their promise resolves. A job that throws is undone,
   * without the others of its group. A job may run twice, the first time undone: it must change
   * nothing but the transaction.
   */
  readonly write: <T>(job: (tx: Tx) => Promise<T>, pace?: Pace) => Promise<T>;
  /** Resolves once every pending job is written. */
  readonly idle: () => Promise<void>;
  /**
   * Resolves once all earlier jobs are written, so that a read sees them; but if the read is
   * immediate, without them while another process holds the lock.
   */
  readonly caughtUp: (pace?: Pace) => Promise<void>;
}

export interface GroupCommit extends Writer {
  /** Another process holds the lock: reads must not wait. */
  readonly blocked: () => void;
}

/** Another process held the lock of the database for too long. */
export class DatabaseLockedError extends Error {
  override readonly name = 'DatabaseLockedError';
  readonly code = 'SQLITE_BUSY';

  constructor(cause: unknown) {
    super('The database is locked by another process.', { cause });
  }
}

interface Waiting extends Job {
  readonly pace: Pace;
  /** On the monotonic clock, ms. */
  readonly since: number;
}

/** A read that waits until this many jobs have finished. */
interface Reader {
  readonly after: number;
  readonly pace: Pace;
  readonly resume: () => void;
}

/** Bounds how long one transaction holds the lock. */
const GROUP_SIZE = 64;
/**
 * For so long background jobs wait for one that a caller waits for, to share its commit: the outcome
 * of one write is recorded with the intent of the next. Measured with one create at a time.
 */
const COMPANY_MS = 5;
/** Other than immediate jobs survive a lock of this length. */
const LONGEST_LOCK_MS = 30_000;

/**
 * Natural group commit: the jobs that arrive while one group commits share the next transaction, and
 * so one fsync. No job that a caller waits for waits for others to arrive.
 * @param lock makes the transaction the only writing one among all instances: what it reads stays
 *   true, and cursors follow the order of commits
 */
export function createGroupCommit(
  db: Kysely<Tables>,
  lock: (tx: Tx) => Promise<unknown>,
): GroupCommit {
  const queue: Waiting[] = [];
  let working: Promise<void> | undefined;
  let isBlocked = false;
  let given = 0;
  let settled = 0;
  let readers: Reader[] = [];
  let idlers = 0;
  /** Ends the wait for company. */
  let hurry: (() => void) | undefined;

  const maySee = ({ after, pace }: Omit<Reader, 'resume'>) =>
    after <= settled || (isBlocked && pace === 'immediate');
  const resumeReaders = () => {
    const waiting = readers;
    readers = [];
    for (const reader of waiting) {
      if (maySee(reader)) {
        reader.resume();
      } else {
        readers.push(reader);
      }
    }
  };
  const isAwaited = () =>
    idlers > 0 ||
    queue.length >= GROUP_SIZE ||
    [...queue, ...readers].some(({ pace }) => pace !== 'background');
  const company = async () => {
    const [oldest] = queue;
    const leftMs = (oldest?.since ?? 0) + COMPANY_MS - performance.now();
    if (leftMs > 0 && !isAwaited()) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, leftMs);
        hurry = () => {
          clearTimeout(late);
          resolve();
        };
      });
      hurry = undefined;
    }
  };
  const work = async () => {
    // Jobs of the same turn belong to the first group.
    await Promise.resolve();
    while (queue.length > 0) {
      await company();
      const waiting = queue.length;
      const failure = await commit(db, lock, () => {
        isBlocked = false;
        return queue.splice(0, GROUP_SIZE);
      });
      if (failure !== undefined) {
        isBlocked = false;
        const late = queue.splice(0, waiting);
        const kept = late.filter((job) => maySurvive(job, failure.error));
        queue.unshift(...kept);
        for (const job of late) {
          if (!kept.includes(job)) {
            job.fail(failure.error);
          }
        }
      }
      resumeReaders();
      // SQLite never yields to the event loop: here reads, and the jobs of the next group, can
      // arrive.
      await nextTurn();
    }
  };
  const begin = () => {
    working ??= work().then(() => {
      working = undefined;
      if (queue.length > 0) {
        begin();
      }
    });
  };
  return {
    write: (job, pace = 'immediate') =>
      new Promise((resolve, reject) => {
        given += 1;
        queue.push({
          run: async (tx) => {
            const value = await job(tx);
            return () => {
              settled += 1;
              resolve(value);
            };
          },
          fail: (error) => {
            settled += 1;
            reject(error);
          },
          pace,
          since: performance.now(),
        });
        if (hurry !== undefined && isAwaited()) {
          hurry();
        }
        begin();
      }),
    idle: async () => {
      idlers += 1;
      hurry?.();
      while (working !== undefined) {
        await working;
      }
      idlers -= 1;
    },
    caughtUp: (pace = 'immediate') => {
      const after = given;
      return maySee({ after, pace })
        ? Promise.resolve()
        : new Promise((resume) => {
            readers.push({ after, pace, resume });
            if (pace !== 'background') {
              hurry?.();
            }
          });
    },
    blocked: () => {
      isBlocked = true;
      resumeReaders();
    },
  };
}

function maySurvive({ pace, since }: Waiting, error: unknown): boolean {
  return (
    error instanceof DatabaseLockedError &&
    pace !== 'immediate' &&
    performance.now() - since < LONGEST_LOCK_MS
  );
}

export type Tx = Transaction<Tables>;

interface Job {
  /** Does the job; the function that it returns reports the result, once the group is committed. */
  readonly run: (tx: Tx) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/**
 * Runs a group of jobs in one transaction; each caller gets its result once it is durable. Never
 * rejects.
 * @param takeGroup called once the transaction has its lock: what arrived meanwhile belongs to it
 * @returns why the transaction could not begin: then no group was taken
 */
async function commit(
  db: Kysely<Tables>,
  lock: (tx: Tx) => Promise<unknown>,
  takeGroup: () => readonly Job[],
): Promise<{ readonly error: unknown } | undefined> {
  let group: readonly Job[] | undefined;
  let reports: readonly (() => void)[] = [];
  try {
    reports = await db.transaction().execute(async (tx) => {
      await lock(tx);
      group = takeGroup();
      return await runAll(tx, group);
    });
  } catch (error) {
    if (group === undefined) {
      return { error };
    }
    for (const { fail } of group) {
      fail(error);
    }
    return undefined;
  }
  for (const report of reports) {
    report();
  }
  return undefined;
}

/** Jobs rarely fail: they share one savepoint, and each gets its own only after one has failed. */
async function runAll(tx: Tx, group: readonly Job[]): Promise<readonly (() => void)[]> {
  if (group.length > 1) {
    await sql`savepoint jobs`.execute(tx);
  }
  const reports: (() => void)[] = [];
  try {
    for (const job of group) {
      reports.push(await job.run(tx));
    }
    return reports;
  } catch (error) {
    if (group.length === 1) {
      throw error;
    }
    await undoTo(tx, 'jobs', error);
  }
  const again: (() => void)[] = [];
  for (const job of group) {
    again.push(await retryIndividually(tx, job));
  }
  return again;
}

async function retryIndividually(tx: Tx, { run, fail }: Job): Promise<() => void> {
  await sql`savepoint job`.execute(tx);
  try {
    const report = await run(tx);
    await sql`release savepoint job`.execute(tx);
    return report;
  } catch (error) {
    await undoTo(tx, 'job', error);
    return () => fail(error);
  }
}

/** A full disk, or a lost connection, has ended the whole transaction: then the first error counts. */
async function undoTo(tx: Tx, savepoint: 'jobs' | 'job', error: unknown): Promise<void> {
  await sql`rollback to savepoint ${sql.raw(savepoint)}`.execute(tx).catch(() => {
    throw error;
  });
}
