import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
  sql,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { createGroupCommit, DatabaseLockedError } from '../group-commit.ts';
import {
  type MigrationLog,
  migrate,
  readVersion,
  SCHEMA_VERSION,
  SILENT_MIGRATION,
} from '../migrations.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { copySqliteFile, isBusy, removeCopy } from './sqlite-file.ts';

const BUSY_TIMEOUT_MS = 5_000;
/**
 * Preparing a statement costs several times as much as running it: without kept statements a create
 * has 0.83 and 0.90 times the throughput with 8 in flight (two processes), 0.81 and 0.91 with 64.
 */
const KEPT_STATEMENTS = 128;
const BUSY_PAUSE_MS = 20;
const LOCK_PAUSE_MS = 3;

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

  /** A full disk has ended the transaction already: the caller is to learn of that error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => {});
  }
}

/**
 * WAL with synchronous=FULL: a commit is durable when it returns. What a savepoint would restore is
 * kept in memory: in a group of two writes it is already a file, and making files costs a quarter of
 * the CPU time of a write (8 in flight).
 */
async function openDatabase(path: string, timeout: number): Promise<SqliteDatabase> {
  const database = new DatabaseSync(path, { timeout });
  await useWal(database);
  database.exec('pragma synchronous = full; pragma temp_store = memory;');
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

/**
 * Opens a file and brings its tables up to date. WAL: reads have a connection of their own, and do
 * not wait for the writes of another process.
 * @throws NewerSchemaError
 */
export async function openSqlite(
  path: string,
  log: MigrationLog = SILENT_MIGRATION,
): Promise<Store> {
  const isFile = path !== ':memory:';
  if (isFile) {
    await mkdir(dirname(path), { recursive: true });
  }
  let onLocked = () => {};
  const db = new Kysely<Tables>({
    dialect: sqliteDialect(path, { onLocked: () => onLocked() }),
  });
  await migrateSqlite(db, isFile ? path : null, log).catch(async (error: unknown) => {
    await db.destroy();
    throw error;
  });
  const { write, idle, caughtUp, blocked } = createGroupCommit(db, () => Promise.resolve());
  onLocked = blocked;
  const reads = isFile
    ? new Kysely<Tables>({ dialect: sqliteDialect(path, { isForReads: true }) })
    : db;
  return {
    db: reads,
    write,
    idle,
    caughtUp,
    onNotify: () => () => {},
    notify: () => Promise.resolve(),
    close: async () => {
      await idle();
      if (isFile) {
        await reads.destroy();
      }
      await db.destroy();
    },
  };
}

/** How long a process waits for another one that migrates the same file. */
const PATIENCE_MS = 10 * 60_000;
/** Large transactions write each page of an index once if all of them fit. */
const CACHE_KIB = 256 * 1024;

/**
 * Brings the tables of an existing file up to date, with connections of its own. Nothing happens if
 * there is no such file.
 * @throws NewerSchemaError
 */
export async function migrateSqliteFile(path: string, log: MigrationLog): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    return;
  }
  const db = new Kysely<unknown>({ dialect: sqliteDialect(path) });
  try {
    await migrateSqlite(db, path, log);
  } finally {
    await db.destroy();
  }
}

/**
 * Brings the tables up to date, in one transaction: a crash leaves the earlier version. Before the
 * tables of an earlier version are changed, the file is copied.
 * @param path of the file; null for a database in memory
 * @throws NewerSchemaError
 */
async function migrateSqlite<T>(
  db: Kysely<T>,
  path: string | null,
  log: MigrationLog,
): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  for (;;) {
    const version = await currentVersion(db);
    if (version === SCHEMA_VERSION) {
      return;
    }
    try {
      await migrateLocked(db, path, log);
      return;
    } catch (error) {
      const isMigrating = error instanceof DatabaseLockedError && version > 0;
      if (!isMigrating || performance.now() > late) {
        throw error;
      }
      log.info({}, 'the ledger is locked by another process, waiting to migrate it');
    }
  }
}

async function migrateLocked<T>(
  db: Kysely<T>,
  path: string | null,
  log: MigrationLog,
): Promise<void> {
  let copy: string | undefined;
  try {
    await db.transaction().execute(async (tx) => {
      const version = await currentVersion(tx);
      if (version > 0 && version < SCHEMA_VERSION) {
        log.info({ from: version, to: SCHEMA_VERSION }, 'migrating the ledger');
        await sql`pragma cache_size = ${sql.lit(-CACHE_KIB)}`.execute(tx);
        // An index of millions of rows is sorted: in a file, not in memory (100 bytes a row).
        await sql`pragma temp_store = default`.execute(tx);
        copy = path === null ? undefined : await copySqliteFile(path, `schema-${version}`);
        log.info({ copy }, 'copied the ledger before its migration');
      }
      await migrate(tx, { kind: 'sqlite', log });
    });
  } catch (error) {
    // The file is as it was: the copy would only take up space.
    await (copy === undefined ? undefined : removeCopy(copy));
    throw error;
  }
  await sql`pragma temp_store = memory`.execute(db);
  if (copy !== undefined) {
    log.info({ version: SCHEMA_VERSION, copy }, 'migrated the ledger');
  }
}

async function currentVersion<T>(db: Kysely<T>): Promise<number> {
  const { rows } = await sql`
    select name from sqlite_master where name = 'schema_version'`.execute(db);
  return rows.length === 0 ? 0 : await readVersion(db);
}
