import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely, sql } from 'kysely';
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
import { copySqliteFile, removeCopy } from './copy-file.ts';
import { sqliteDialect } from './sqlite.ts';

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
  if (copy !== undefined) {
    log.info({ version: SCHEMA_VERSION, copy }, 'migrated the ledger');
  }
}

async function currentVersion<T>(db: Kysely<T>): Promise<number> {
  const { rows } = await sql`
    select name from sqlite_master where name = 'schema_version'`.execute(db);
  return rows.length === 0 ? 0 : await readVersion(db);
}
