import { type Dialect, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { within } from '../../within.ts';
import { createGroupCommit, type Tx } from '../group-commit.ts';
import { type MigrationLog, migrate, readVersion, SCHEMA_VERSION } from '../migrations.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';

const BIGINT = 20;
const POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 4_000;
/** An instance that freezes in the middle of a write must not block the writes of others. */
const STUCK_WRITE_MS = 5_000;

/**
 * A connection whose other end has disappeared looks like any other: all are replaced regularly.
 */
const CONNECTION_S = 60;

interface PoolOptions {
  readonly connectionSeconds?: number;
  /** 0: unlimited. */
  readonly statementTimeoutMs?: number;
}

/** Kysely over pg; bigint columns are numbers, because they contain times, amounts and cursors. */
export function postgresPool(
  url: string,
  { connectionSeconds = CONNECTION_S, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: PoolOptions = {},
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    maxLifetimeSeconds: connectionSeconds,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: STUCK_WRITE_MS,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === BIGINT ? Number : pg.types.getTypeParser(oid, format),
    },
  });
  // If a connection breaks, idle or between two statements, the next query gets another, or fails
  // with the reason. An unhandled error event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

export function postgresDialect(pool: pg.Pool): Dialect {
  return new PostgresDialect({ pool });
}

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

const RECONNECT_MS = 500;

/**
 * LISTENs on its own connection, and reconnects if it breaks. A notification only triggers a read:
 * polling finds what is missed while it is down.
 * @returns how to stop
 */
function listenForNotify(url: string, channel: string, callback: () => void): () => void {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connect = () => {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    const broken = once(() => {
      client?.end().catch(() => {});
      if (!stopped) {
        retry = setTimeout(connect, RECONNECT_MS);
      }
    });
    client.on('error', broken);
    client.on('end', broken);
    client.on('notification', callback);
    client
      .connect()
      .then(() => client?.query(`listen ${channel}`))
      .then(callback, broken);
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(retry);
    client?.end().catch(() => {});
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) {
      done = true;
      action();
    }
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
    dialect: postgresDialect(postgresPool(url, { statementTimeoutMs: 0 })),
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

async function currentVersion<T>(db: Kysely<T>): Promise<number> {
  const { rows } = await sql<{ known: boolean }>`
    select to_regclass('schema_version') is not null as known`.execute(db);
  return rows[0]?.known === true ? await readVersion(db) : 0;
}
