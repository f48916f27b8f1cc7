import { type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';

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
