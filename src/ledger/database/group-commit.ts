import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { commit, type Job, type Tx } from './commit.ts';
import { DatabaseLockedError } from './sqlite/sqlite.ts';
import type { Tables } from './tables.ts';

export type { Tx } from './commit.ts';

/** `background`: no caller waits for the job, so that it may wait longer for a lock. */
export type Pace = 'immediate' | 'background';

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
   * Resolves once all earlier jobs are written, so that a read sees them; but if a caller waits for
   * the read, immediately while another process holds the lock.
   */
  readonly caughtUp: (pace?: Pace) => Promise<void>;
}

export interface GroupCommit extends Writer {
  /** Another process holds the lock: reads must not wait. */
  readonly blocked: () => void;
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
/** Background jobs survive a lock of this length. */
const BACKGROUND_WAIT_MS = 30_000;

/**
 * Natural group commit: the jobs that arrive while one group commits share the next transaction, and
 * so one fsync. No job waits for others to arrive.
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
  const work = async () => {
    // Jobs of the same turn belong to the first group.
    await Promise.resolve();
    while (queue.length > 0) {
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
        begin();
      }),
    idle: async () => {
      while (working !== undefined) {
        await working;
      }
    },
    caughtUp: (pace = 'immediate') => {
      const after = given;
      return maySee({ after, pace })
        ? Promise.resolve()
        : new Promise((resume) => {
            readers.push({ after, pace, resume });
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
    pace === 'background' &&
    performance.now() - since < BACKGROUND_WAIT_MS
  );
}
