import { type MigrationLog, SILENT_MIGRATION } from './migrations.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Store } from './store.ts';

export type { Store } from './store.ts';

/**
 * Opens the database in this thread and brings its tables up to date.
 * @param url `sqlite:<path>`, `sqlite::memory:` or `postgres://…`
 * @throws NewerSchemaError
 */
export function openStore(url: string, log: MigrationLog = SILENT_MIGRATION): Promise<Store> {
  const path = sqlitePath(url);
  return path === undefined ? openPostgres(url, log) : openSqlite(path, log);
}

export function sqlitePath(url: string): string | undefined {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
}
