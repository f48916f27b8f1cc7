import { Kysely, sql } from 'kysely';
import { type MigrationLog, migrate, readVersion, SCHEMA_VERSION } from '../migrations.ts';
import { postgresDialect, postgresPool } from './postgres.ts';

/**
 * Brings the tables up to date, in one transaction under the lock of all writes, on a connection
 * whose statements may take as long as they need.
 * @throws NewerSchemaError
 */
export async function migratePostgres<T>(
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
