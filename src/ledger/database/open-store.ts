import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely, sql } from 'kysely';
import { type MigrationLog, readVersion, SCHEMA_VERSION, SILENT_MIGRATION } from './migrations.ts';
import { type ListenOptions, postgresDialect, postgresPool } from './postgres/connections.ts';
import { currentVersion, openPostgres } from './postgres/postgres.ts';
import { openSqlite, sqliteDialect } from './sqlite/sqlite.ts';
import type { Store } from './store.ts';

export type { Store } from './store.ts';

/**
 * Opens the database in this thread and brings its tables up to date.
 * @param url `sqlite:<path>`, `sqlite::memory:` or `postgres://…`
 * @throws NewerSchemaError
 */
export function openStore(
  url: string,
  log: MigrationLog = SILENT_MIGRATION,
  listen: ListenOptions = {},
): Promise<Store> {
  const path = sqlitePath(url);
  return path === undefined ? openPostgres(url, log, listen) : openSqlite(path, log);
}

export function sqlitePath(url: string): string | undefined {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
}

/** Ends the trial, so that it leaves no changes. */
class EndOfTrial extends Error {}

/**
 * Opens the database as the server does, writes to it, and rolls back: so it can be opened, is not
 * of a newer version, and is writable. A missing file is not created, and tables of an earlier
 * version are not migrated.
 * @throws any error that would keep the server from opening it
 */
export async function tryStore(url: string): Promise<'usable' | 'to be made' | 'to be migrated'> {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
  if (path !== undefined && path !== ':memory:' && !(await exists(path))) {
    await mayMake(dirname(path));
    return 'to be made';
  }
  const dialect = path === undefined ? postgresDialect(postgresPool(url)) : sqliteDialect(path);
  const db = new Kysely({ dialect });
  let version = 0;
  try {
    await db.transaction().execute(async (tx) => {
      // On PostgreSQL even that needs the right to create tables, which only a migration needs.
      if (path !== undefined || (await currentVersion(tx)) === 0) {
        await sql`create table if not exists schema_version (version integer not null)`.execute(tx);
      }
      version = await readVersion(tx);
      await sql`insert into schema_version (version) values (${sql.lit(version)})`.execute(tx);
      throw new EndOfTrial();
    });
  } catch (error) {
    if (!(error instanceof EndOfTrial)) {
      throw error;
    }
  } finally {
    await db.destroy();
  }
  return version > 0 && version < SCHEMA_VERSION ? 'to be migrated' : 'usable';
}

/** The server creates a missing folder: its nearest existing parent has to allow that. */
async function mayMake(folder: string): Promise<void> {
  if (await exists(folder)) {
    await access(folder, constants.W_OK);
  } else {
    await mayMake(dirname(folder));
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
