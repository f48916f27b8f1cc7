import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresDialect,
  PostgresDriver,
} from 'kysely';
import pg from 'pg';

const BIGINT = 20;
const POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 3_000;
/** Of this side: the other end of a connection may have disappeared. */
const ANSWER_TIMEOUT_MS = 4_000;
/** Of PostgreSQL: a statement of a write, and so its wait for the lock. */
const STATEMENT_TIMEOUT_MS = 3_500;
/** PostgreSQL ends a frozen instance's write before the others, which wait for the lock, fail. */
const STUCK_WRITE_MS = 2_000;

/** A connection whose other end has disappeared looks like any other: all are replaced regularly. */
const CONNECTION_S = 60;

interface PoolOptions {
  readonly connectionSeconds?: number;
  /** Statements may take as long as they need. */
  readonly unhurried?: boolean;
}

/** Of the URL. pg would read the files that they name again for each connection. */
const TLS_OPTION = /^(ssl|sslmode|sslrootcert|sslcert|sslkey|sslnegotiation|uselibpqcompat)=/;

/**
 * How to connect, with the files of the URL read: one that is missing later would end the process.
 * `sslmode` means what it means to pg, which treats weaker modes like verify-full, but without the
 * warning that pg prints for those on standard error.
 * @throws if a file cannot be read
 */
export function connectionOf(url: string): pg.ClientConfig {
  const understood = /[?&]uselibpqcompat=true(&|$)/.test(url)
    ? url
    : url.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/g, '$1verify-full');
  const { ssl } = new pg.Client({ connectionString: understood });
  const [address = '', ...rest] = url.split('?');
  const options = rest.join('?').split('&');
  const others = options.filter((option) => !TLS_OPTION.test(option));
  return {
    connectionString: `${address}?${others.join('&')}`,
    ssl,
    sslnegotiation: options.includes('sslnegotiation=direct') ? 'direct' : undefined,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  };
}

/** Bigint columns are numbers, because they contain times, amounts and cursors. */
export function postgresPool(
  url: string,
  { connectionSeconds = CONNECTION_S, unhurried = false }: PoolOptions = {},
): pg.Pool {
  // A pooler such as PgBouncer refuses other parameters of a session: they are set in each write.
  const pool = new pg.Pool({
    ...connectionOf(url),
    max: POOL_SIZE,
    maxLifetimeSeconds: connectionSeconds,
    query_timeout: unhurried ? 0 : ANSWER_TIMEOUT_MS,
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

/** Kysely over pg, with the transactions of this server whatever the defaults of the database. */
export function postgresDialect(
  pool: pg.Pool,
  { unhurried = false }: Pick<PoolOptions, 'unhurried'> = {},
): Dialect {
  const dialect = new PostgresDialect({ pool });
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new SafeDriver(pool, unhurried),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** After PostgreSQL refused a connection, the pool does not grow for this long. */
const FULL_MS = 5_000;
/** How long a refused caller waits for the first connection, which may be opened beside its own. */
const FIRST_MS = 250;
const RETRY_MS = 20;
const TOO_MANY_CONNECTIONS = '53300';

type PostgresConnection = Parameters<PostgresDriver['rollbackTransaction']>[0];

class SafeDriver extends PostgresDriver {
  readonly #pool: pg.Pool;
  readonly #begin: string;
  /** Without those that are being opened, which may be refused. */
  #established = 0;
  /** On the monotonic clock, ms: when the pool may grow again. */
  #growAt = Number.POSITIVE_INFINITY;

  constructor(pool: pg.Pool, unhurried: boolean) {
    super({ pool });
    this.#pool = pool;
    pool.on('connect', () => {
      this.#established += 1;
    });
    pool.on('remove', () => {
      this.#established -= 1;
    });
    this.#begin = beginWith(
      unhurried
        ? { statementMs: 0, idleMs: 0 }
        : { statementMs: STATEMENT_TIMEOUT_MS, idleMs: STUCK_WRITE_MS },
    );
  }

  /** While PostgreSQL has no connection left, callers share those that this pool has. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    const { options } = this.#pool;
    if (performance.now() > this.#growAt) {
      options.max = POOL_SIZE;
    }
    const giveUpAt = performance.now() + FIRST_MS;
    let refused: unknown;
    for (;;) {
      try {
        return await super.acquireConnection();
      } catch (error) {
        const isFirst = this.#established === 0;
        if (!isTooManyConnections(error) || (isFirst && performance.now() > giveUpAt)) {
          throw refused ?? error;
        }
        refused = error;
        if (isFirst) {
          await sleep(RETRY_MS);
        } else {
          options.max = Math.min(options.max, this.#established);
          this.#growAt = performance.now() + FULL_MS;
        }
      }
    }
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#begin));
  }

  /** The caller is to learn why the transaction failed: if this fails too, the connection is discarded. */
  override async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => {});
  }
}

/**
 * One round trip. What a write reads after its wait for the lock must be what was committed before:
 * any other isolation level would show the state before the wait. The time-outs end with the
 * transaction, so that a pooler may give the connection to others.
 */
function beginWith({
  statementMs,
  idleMs,
}: {
  readonly statementMs: number;
  readonly idleMs: number;
}): string {
  return [
    'begin isolation level read committed',
    `set local statement_timeout = ${statementMs}`,
    `set local idle_in_transaction_session_timeout = ${idleMs}`,
  ].join('; ');
}

function isTooManyConnections(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === TOO_MANY_CONNECTIONS;
}

export interface ListenOptions {
  /** Where LISTEN works, if DATABASE_URL leads to a pooler. */
  readonly listenUrl?: string | undefined;
  /** Called once if no notification arrives: events of other instances are found by polling only. */
  readonly onDeaf?: () => void;
  /** Called once for each outage of the connection that LISTENs. */
  readonly onListenFailure?: (error: unknown) => void;
}

const RECONNECT_MS = 500;
/** How long a notification may take before LISTEN counts as broken. */
const HEAR_MS = 5_000;

interface Listening extends Required<Pick<ListenOptions, 'onDeaf' | 'onListenFailure'>> {
  readonly connection: pg.ClientConfig;
  readonly channel: string;
  readonly callback: () => void;
  /** Sends a notification with this payload. */
  readonly test: (token: string) => Promise<void>;
}

/**
 * LISTENs on its own connection, and reconnects if it breaks. A notification only triggers a read:
 * polling finds what is missed while it is down, and behind a pooler that does not pass
 * notifications on.
 * @returns how to stop
 */
export function listenForNotify({
  connection,
  channel,
  callback,
  test,
  onDeaf,
  onListenFailure,
}: Listening): () => void {
  const token = randomUUID();
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let hearing: NodeJS.Timeout | undefined;
  let isTested = false;
  let hasFailed = false;
  const tested = () => {
    clearTimeout(hearing);
    isTested = true;
  };
  const testOnce = async () => {
    if (isTested) {
      return;
    }
    // The notification may arrive before its own statement has returned.
    await test(token);
    clearTimeout(hearing);
    if (!isTested) {
      hearing = setTimeout(() => {
        tested();
        onDeaf();
      }, HEAR_MS).unref();
    }
  };
  const connect = () => {
    client = new pg.Client(connection);
    const broken = once(() => {
      clearTimeout(hearing);
      client?.end().catch(() => {});
      if (!stopped) {
        retry = setTimeout(connect, RECONNECT_MS);
      }
    });
    client.on('error', broken);
    client.on('end', broken);
    client.on('notification', ({ payload }) => {
      if (payload === token) {
        tested();
      }
      callback();
    });
    client
      .connect()
      .then(() => client?.query(`listen ${channel}`))
      .then(
        () => {
          hasFailed = false;
          callback();
          // If it fails, so do writes: the next connection is tested again.
          testOnce().catch(() => {});
        },
        (error: unknown) => {
          if (!hasFailed && !stopped) {
            hasFailed = true;
            onListenFailure(error);
          }
          broken();
        },
      );
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(retry);
    clearTimeout(hearing);
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
