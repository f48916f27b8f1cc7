import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Tx = Transaction<Tables>;

export interface Job {
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
export async function commit(
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
    const report = await run(tx);
    await sql`release savepoint job`.execute(tx);
    return report;
  } catch (error) {
    await sql`rollback to savepoint job`.execute(tx);
    return () => fail(error);
  }
}
