import { Kysely, sql } from 'kysely';
import { within } from '../../within.ts';
import { createGroupCommit, type Tx } from '../group-commit.ts';
import type { MigrationLog } from '../migrations.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { listenForNotify } from './notify-listener.ts';
import { postgresDialect, postgresPool } from './postgres.ts';

/** One number for all write locks and notifications of this server in a shared PostgreSQL. */
const LOCK = 7_306_925_884;
const CHANNEL = 'payafter_events';
/**
 * How long a read waits for this instance's own writes. Another instance may hold the lock for
 * seconds, and the database does not report that.
 */
const READ_WAIT_MS = 250;

/**
 * Connects and brings the tables up to date, under a lock.
 * @throws NewerSchemaError
 */
export async function openPostgres(url: string, log: MigrationLog): Promise<Store> {
  const pool = postgresPool(url);
  const db = new Kysely<Tables>({ dialect: postgresDialect(pool) });
  const lock = (tx: Pick<Tx, 'getExecutor'>) =>
    sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
  await migratePostgres(db, { url, log, lock });
  const { write, idle, caughtUp } = createGroupCommit(db, lock);
  return {
    db,
    write,
    idle,
    caughtUp: (pace) => within(READ_WAIT_MS, caughtUp(pace), undefined),
    onNotify: (callback) => listenForNotify(url, CHANNEL, callback),
    notify: (tx) => sql`select pg_notify(${CHANNEL}, '')`.execute(tx),
    close: async () => {
      await idle();
      await db.destroy();
    },
  };
}
