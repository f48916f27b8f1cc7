import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely, sql } from 'kysely';
import { createGroupCommit, type Tx, type Writer } from './group-commit.ts';
import { migrate } from './migrations.ts';
import { listenForNotify } from './notify-listener.ts';
import { postgresDialect, postgresPool } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** What outlives the process: SQLite in one file, or PostgreSQL shared by several instances. */
export interface Store extends Writer {
  readonly db: Kysely<Tables>;
  /** Calls back whenever another instance may have appended events. Returns how to stop. */
  readonly onNotify: (callback: () => void) => () => void;
  /** Within a write: tells the other instances of it once it is committed. */
  readonly notify: (tx: Tx) => Promise<unknown>;
  /** Whether the database answers. */
  readonly isUp: () => Promise<boolean>;
  /** Waits for what is being written. */
  readonly close: () => Promise<void>;
}

/** One number for all write locks and hints of this server in a shared PostgreSQL. */
const LOCK = 7_306_925_884;
const CHANNEL = 'payafter_events';

/**
 * Opens the database and brings its tables up to date, under a lock.
 * @param url `sqlite:<path>`, `sqlite::memory:` or `postgres://…`
 * @throws NewerSchemaError
 */
export function openStore(url: string): Promise<Store> {
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openPostgres(url);
}

async function openSqlite(path: string): Promise<Store> {
  if (path !== ':memory:') {
    await mkdir(dirname(path), { recursive: true });
  }
  const db = new Kysely<Tables>({ dialect: sqliteDialect(path) });
  await db.transaction().execute(migrate);
  const noNotify = { onNotify: () => () => {}, notify: () => Promise.resolve() };
  return storeOf(
    db,
    createGroupCommit(db, () => Promise.resolve()),
    noNotify,
  );
}

async function openPostgres(url: string): Promise<Store> {
  const pool = postgresPool(url);
  const db = new Kysely<Tables>({ dialect: postgresDialect(pool) });
  const lock = (tx: Tx) => sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
  await db.transaction().execute(async (tx) => {
    await lock(tx);
    await migrate(tx);
  });
  return storeOf(db, createGroupCommit(db, lock), {
    onNotify: (callback) => listenForNotify(url, CHANNEL, callback),
    notify: (tx) => sql`select pg_notify(${CHANNEL}, '')`.execute(tx),
  });
}

function storeOf(
  db: Kysely<Tables>,
  writer: Writer,
  notifications: Pick<Store, 'onNotify' | 'notify'>,
): Store {
  return {
    db,
    ...writer,
    ...notifications,
    isUp: () =>
      sql`select 1`.execute(db).then(
        () => true,
        () => false,
      ),
    close: async () => {
      await writer.idle();
      await db.destroy();
    },
  };
}
