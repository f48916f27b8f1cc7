import { randomUUID } from 'node:crypto';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { within } from '../../within.ts';
import { createGroupCommit, type Tx } from '../group-commit.ts';
import { type MigrationLog, migrate, readVersion, SCHEMA_VERSION } from '../migrations.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import {
  connectionOf,
  type ListenOptions,
  listenForNotify,
  postgresDialect,
  postgresPool,
} from './connections.ts';

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
export async function openPostgres(
  url: string,
  log: MigrationLog,
  { listenUrl = url, onDeaf = () => {}, onListenFailure = () => {} }: ListenOptions = {},
): Promise<Store> {
  const connection = connectionOf(listenUrl);
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
    onNotify: (callback) =>
      listenForNotify({
        connection,
        channel: CHANNEL,
        callback,
        test: async (token) => {
          await sql`select pg_notify(${CHANNEL}, ${token})`.execute(db);
        },
        onDeaf,
        onListenFailure,
      }),
    notify: (tx) => sql`select pg_notify(${CHANNEL}, '')`.execute(tx),
    close: async () => {
      await idle();
      await db.destroy();
    },
  };
}

/**
 * Brings the tables up to date, in one transaction under the lock of all writes, on a connection
 * whose statements may take as long as they need.
 * @throws NewerSchemaError
 */
async function migratePostgres<T>(
  db: Kysely<T>,
  {
    url,
    log,
    lock,
  }: {
    readonly url: string;
    readonly log: MigrationLog;
    readonly lock: (tx: Kysely<unknown>) => Promise<unknown>;
  },
): Promise<void> {
  if ((await currentVersion(db)) === SCHEMA_VERSION) {
    return;
  }
  const unhurried = new Kysely<unknown>({
    dialect: postgresDialect(postgresPool(url, { unhurried: true }), { unhurried: true }),
  });
  try {
    await unhurried.transaction().execute(async (tx) => {
      await lock(tx);
      const version = await currentVersion(tx);
      if (version === SCHEMA_VERSION) {
        return;
      }
      if (version > 0) {
        log.info({ from: version, to: SCHEMA_VERSION }, 'migrating the ledger');
      }
      await migrate(tx, { kind: 'postgres', log });
      if (version > 0) {
        // The plans for the new tables need to know that they are not empty.
        await sql`analyze orders, events, intents, notifications`.execute(tx);
        log.info({ version: SCHEMA_VERSION }, 'migrated the ledger');
      }
    });
  } finally {
    await unhurried.destroy();
  }
}

/** 0 if there are no tables. */
export async function currentVersion<T>(db: Kysely<T>): Promise<number> {
  const { rows } = await sql<{ known: boolean }>`
    select to_regclass('schema_version') is not null as known`.execute(db);
  return rows[0]?.known === true ? await readVersion(db) : 0;
}

/** How long the doctor waits for its notification. */
const TRIAL_MS = 2_000;

/**
 * Whether what one connection notifies arrives at the other, which a pooler in transaction mode
 * prevents.
 * @throws why one of them cannot connect
 */
export async function tryNotify(url: string, listenUrl: string): Promise<boolean> {
  const channel = `payafter_trial_${randomUUID().replaceAll('-', '')}`;
  const listener = new pg.Client(connectionOf(listenUrl));
  const sender = new pg.Client(connectionOf(url));
  const heard = new Promise<boolean>((resolve) => {
    listener.on('notification', () => resolve(true));
  });
  try {
    for (const client of [listener, sender]) {
      client.on('error', () => {});
      await client.connect();
    }
    await listener.query(`listen ${channel}`);
    await sender.query(`notify ${channel}`);
    return await within(TRIAL_MS, heard, false);
  } finally {
    await Promise.allSettled([listener.end(), sender.end()]);
  }
}
