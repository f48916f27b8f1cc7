import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { createGroupCommit } from '../group-commit.ts';
import { type MigrationLog, SILENT_MIGRATION } from '../migrations.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { migrateSqlite } from './migrate-sqlite.ts';
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
