import { type Kysely, type SchemaModule, sql } from 'kysely';
import { bothProducts, recordIndexes } from './steps/both-products.ts';
import { firstIndexes, firstTables } from './steps/first-tables.ts';
import type { DatabaseKind, Step } from './steps/step.ts';

export type { DatabaseKind } from './steps/step.ts';

/** A step that was released never changes: a new one is added at the end. */
const STEPS: readonly Step[] = [
  changes(firstTables),
  changes(firstIndexes),
  bothProducts,
  recordIndexes,
];

/** The version of the tables that this server reads and writes. */
export const SCHEMA_VERSION = STEPS.length;

export interface MigrationLog {
  readonly info: (fields: object, message: string) => void;
}

export const SILENT_MIGRATION: MigrationLog = { info: () => {} };

interface MigrationOptions {
  readonly kind: DatabaseKind;
  readonly log: MigrationLog;
  /** The version to stop at, for ledgers of an earlier version. */
  readonly target?: number;
}

/**
 * The database was created by a newer version of this server: run that one, or use another
 * database.
 */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

/**
 * The version of the tables; 0 if there are none. Fails if there is no table `schema_version`.
 * @throws NewerSchemaError
 */
export async function readVersion<T>(db: Kysely<T>): Promise<number> {
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new NewerSchemaError(
      `The database has schema version ${version}; this server knows up to ${SCHEMA_VERSION}. Run the newer server, or set DATABASE_URL to another database.`,
    );
  }
  return version;
}

/**
 * Brings the tables up to date, in one transaction that the caller has locked against others.
 * @throws NewerSchemaError
 */
export async function migrate<T>(
  db: Kysely<T>,
  { kind, log, target = SCHEMA_VERSION }: MigrationOptions,
): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db);
  const version = await readVersion(db);
  if (version >= target) {
    return;
  }
  for (let step = version + 1; step <= target; step += 1) {
    await STEPS[step - 1]?.({
      db,
      kind,
      onRows: (table, rows, of) => {
        if (of > 0) {
          log.info({ step, steps: target, table, rows, of }, 'migrating the ledger');
        }
      },
    });
  }
  await sql`delete from schema_version`.execute(db);
  await sql`insert into schema_version (version) values (${sql.lit(target)})`.execute(db);
}

function changes(
  build: (schema: SchemaModule) => readonly { readonly execute: () => Promise<unknown> }[],
): Step {
  return async ({ db }) => {
    for (const change of build(db.schema)) {
      await change.execute();
    }
  };
}
