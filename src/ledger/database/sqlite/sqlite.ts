import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { DatabaseLockedError } from '../group-commit.ts';

const BUSY_TIMEOUT_MS = 5_000;
/** Preparing a statement costs several times as much as running it. */
const KEPT_STATEMENTS = 128;
const BUSY_PAUSE_MS = 20;
const LOCK_PAUSE_MS = 3;
/** SQLite's error code for a lock that another connection holds. */
const SQLITE_BUSY = 5;

export interface SqliteOptions {
  /** Called when another process holds the lock for writes; the event loop continues meanwhile. */
  readonly onLocked?: () => void;
  /** A connection for reads: they wait at most for the recovery after a crash. */
  readonly isForReads?: boolean;
}

/** Kysely over node:sqlite, for which it has no dialect of its own. */
export function sqliteDialect(
  path: string,
  { onLocked = () => {}, isForReads = false }: SqliteOptions = {},
): Dialect {
  const open = () => openDatabase(path, isForReads ? BUSY_TIMEOUT_MS : 0);
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ImmediateDriver(open, onLocked),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/**
 * A transaction that begins as a reader fails at its first write if two processes write. The wait
 * for the lock is asynchronous: SQLite's own busy timeout would block the thread, and its reads.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #onLocked: () => void;

  constructor(database: () => Promise<SqliteDatabase>, onLocked: () => void) {
    super({ database });
    this.#onLocked = onLocked;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const late = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!isBusy(error)) {
          throw error;
        }
        if (performance.now() > late) {
          throw new DatabaseLockedError(error);
        }
      }
      this.#onLocked();
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

/** WAL with synchronous=FULL: a commit is durable when it returns. */
async function openDatabase(path: string, timeout: number): Promise<SqliteDatabase> {
  const database = new DatabaseSync(path, { timeout });
  await useWal(database);
  database.exec('pragma synchronous = full;');
  const statements = new LRUCache<string, SqliteStatement>({
    max: KEPT_STATEMENTS,
    memoMethod: (sql) => prepare(database, sql),
  });
  return { close: () => database.close(), prepare: (sql) => statements.memo(sql) };
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toSql)),
    run: (parameters) => statement.run(...parameters.map(toSql)),
    // Two concurrent readers of one statement would interfere.
    iterate: (parameters) => database.prepare(sql).iterate(...parameters.map(toSql)),
  };
}

/** SQLite's busy time-out does not cover a change to WAL, which another process may be making too. */
async function useWal(database: DatabaseSync): Promise<void> {
  const late = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec('pragma journal_mode = wal;');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > late) {
        database.close();
        throw error;
      }
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

/** The lower byte is the error, the others its details. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
  );
}

/**
 * node:sqlite stores a Date as null, and treats an object in the first place as named parameters.
 */
function toSql(value: unknown): SQLInputValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    default:
      if (value === null || value instanceof Uint8Array) {
        return value;
      }
      throw new TypeError(`SQLite has no column for a ${typeof value}.`);
  }
}
