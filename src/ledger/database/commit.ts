import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Tx = Transaction<Tables>;

export interface Job {
  /** Does the job; what it gives back tells the caller, once the group is committed. */
  readonly run: (tx: Tx) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/** All jobs in one transaction; each caller is told once it is on the disk. Never rejects. */
export async function commit(
  db: Kysely<Tables>,
  lock: (tx: Tx) => Promise<unknown>,
  group: readonly Job[],
): Promise<void> {
  let outcomes: readonly (() => void)[] = [];
  try {
    outcomes = await db.transaction().execute(async (tx) => {
      await lock(tx);
      return await runAll(tx, group);
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

/** Jobs rarely fail: they share one savepoint, and only where one fails does each get its own. */
async function runAll(tx: Tx, group: readonly Job[]): Promise<readonly (() => void)[]> {
  if (group.length > 1) {
    await sql`savepoint jobs`.execute(tx);
  }
  const outcomes: (() => void)[] = [];
  try {
    for (const job of group) {
      outcomes.push(await job.run(tx));
    }
    return outcomes;
  } catch (error) {
    if (group.length === 1) {
      throw error;
    }
  }
  await sql`rollback to savepoint jobs`.execute(tx);
  const again: (() => void)[] = [];
  for (const job of group) {
    again.push(await retryIndividually(tx, job));
  }
  return again;
}

async function retryIndividually(tx: Tx, { run, fail }: Job): Promise<() => void> {
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
