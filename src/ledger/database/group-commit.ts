import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { commit, type Job, type Tx } from './commit.ts';
import type { Tables } from './tables.ts';

export type { Tx } from './commit.ts';

/** `soon`: nobody waits for it; it rides with the next commit, or gets its own after 25 ms. */
export type Pace = 'immediate' | 'deferred';

export interface Writer {
  /**
   * Done in order; on the disk when it resolves. A job that throws is undone, alone. One may be done
   * twice, the first time undone: it acts on nothing but the transaction.
   */
  readonly write: <T>(job: (tx: Tx) => Promise<T>, pace?: Pace) => Promise<T>;
  /** Has everything written that waits, and resolves when it is. */
  readonly idle: () => Promise<void>;
}

interface Waiting extends Job {
  readonly pace: Pace;
  /** On the monotonic clock, ms. */
  readonly since: number;
}

/** Bounds how long one transaction holds the lock. */
const GROUP_SIZE = 64;
/**
 * Under load commits begin apart, and more jobs share each: so far for each job of the last group
 * that somebody waited for. Who is alone hardly waits, and nobody does after a pause.
 */
const LINGER_MS = 5;
const LONGEST_LINGER_MS = 20;
const MAX_LINGER_MS = 25;

/**
 * Group commit: jobs that wait together share one transaction, and so one fsync.
 * @param lock makes the transaction the only writing one among all instances: what it reads stays
 *   true, and cursors come in the order of commits.
 */
export function createGroupCommit(db: Kysely<Tables>, lock: (tx: Tx) => Promise<unknown>): Writer {
  const queue: Waiting[] = [];
  let working: Promise<void> | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let timerDue = Number.POSITIVE_INFINITY;

  const begin = () => {
    clearTimeout(timer);
    timerDue = Number.POSITIVE_INFINITY;
    working ??= work();
  };
  const work = async () => {
    // Whoever is just arriving joins this group: SQLite never lets the loop turn by itself.
    await nextTurn();
    const group = queue.splice(0, GROUP_SIZE);
    nextAt = performance.now() + gatherMs(group);
    await commit(db, lock, group);
    working = undefined;
    plan();
  };
  const plan = () => {
    if (working !== undefined || queue.length === 0) {
      return;
    }
    const due = dueAt(queue, nextAt);
    const inMs = due - performance.now();
    if (inMs <= 0) {
      begin();
    } else if (due < timerDue) {
      clearTimeout(timer);
      timerDue = due;
      timer = setTimeout(begin, Math.ceil(inMs));
    }
  };
  return {
    write: (job, pace = 'immediate') =>
      new Promise((resolve, reject) => {
        queue.push({
          run: async (tx) => {
            const value = await job(tx);
            return () => resolve(value);
          },
          fail: reject,
          pace,
          since: performance.now(),
        });
        plan();
      }),
    idle: async () => {
      while (working !== undefined || queue.length > 0) {
        begin();
        await working;
      }
    },
  };
}

function gatherMs(group: readonly Waiting[]): number {
  const prompt = group.filter(({ pace }) => pace === 'immediate').length;
  return Math.min(Math.max(prompt, 1) * LINGER_MS, LONGEST_LINGER_MS);
}

/** When those in the queue are to be committed. */
function dueAt(queue: readonly Waiting[], nextAt: number): number {
  const [first] = queue;
  if (first === undefined || queue.length >= GROUP_SIZE) {
    return Number.NEGATIVE_INFINITY;
  }
  const isPrompt = queue.some(({ pace }) => pace === 'immediate');
  return isPrompt ? nextAt : first.since + MAX_LINGER_MS;
}
