import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Tx = Transaction<Tables>;

export interface Writer {
  /** Done in order; on the disk when it resolves. A job that throws is undone, alone. */
  readonly write: <T>(job: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Resolves when nothing is waiting to be written. */
  readonly idle: () => Promise<void>;
}

interface Queued {
  /** Does the job; what it gives back tells the caller, once the group is committed. */
  readonly run: (tx: Tx) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/** Bounds how long one transaction holds the lock. */
const GROUP_SIZE = 64;

/**
 * Group commit: jobs that wait together share one transaction, and so one fsync.
 * @param lock makes the transaction the only writing one among all instances: what it reads stays
 *   true, and cursors come in the order of commits.
 */
export function groupWriter(db: Kysely<Tables>, lock: (tx: Tx) => Promise<unknown>): Writer {
  const queue: Queued[] = [];
  let working: Promise<void> | undefined;
  const work = async () => {
    while (queue.length > 0) {
      // Whoever is just arriving joins this group: SQLite never lets the loop turn by itself.
      await nextTurn();
      await commit(db, lock, queue.splice(0, GROUP_SIZE));
    }
    working = undefined;
  };
  return {
    write: (job) =>
      new Promise((resolve, reject) => {
        queue.push({
          run: async (tx) => {
            const value = await job(tx);
            return () => resolve(value);
          },
          fail: reject,
        });
        working ??= work();
      }),
    idle: async () => {
      await working;
    },
  };
}

async function commit(
  db: Kysely<Tables>,
  lock: (tx: Tx) => Promise<unknown>,
  group: readonly Queued[],
): Promise<void> {
  const outcomes: (() => void)[] = [];
  try {
    await db.transaction().execute(async (tx) => {
      await lock(tx);
      for (const job of group) {
        outcomes.push(await runAlone(tx, job));
      }
    });
  } catch (error) {
    for (const { fail } of group) {
      fail(error);
    }
    return;
  }
  for (const tell of outcomes) {
    tell();
  }
}

async function runAlone(tx: Tx, { run, fail }: Queued): Promise<() => void> {
  await sql`savepoint job`.execute(tx);
  try {
    const tell = await run(tx);
    await sql`release savepoint job`.execute(tx);
    return tell;
  } catch (error) {
    await sql`rollback to savepoint job`.execute(tx);
    return () => fail(error);
  }
}
