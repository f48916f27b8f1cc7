import type { Kysely } from 'kysely';

export type DatabaseKind = 'sqlite' | 'postgres';

export interface StepContext {
  readonly db: Pick<Kysely<unknown>, 'schema' | 'getExecutor'>;
  readonly kind: DatabaseKind;
  /** Called with the progress of a table whose rows are carried over. */
  readonly onRows: (table: string, rows: number, of: number) => void;
}

/** One change of the schema, inside the transaction of the migration. */
export type Step = (context: StepContext) => Promise<void>;
