import { type RawBuilder, sql } from 'kysely';
import type { StepContext } from './step.ts';

/** Rows that one statement carries over on SQLite: each blocks the thread for less than a second. */
const SLICE = 50_000;

export async function index({ db }: StepContext, definition: RawBuilder<unknown>): Promise<void> {
  await sql`create index ${definition}`.execute(db);
}

export async function uniqueIndex(
  { db }: StepContext,
  definition: RawBuilder<unknown>,
): Promise<void> {
  await sql`create unique index ${definition}`.execute(db);
}

interface CarryOver {
  readonly table: string;
  readonly from: string;
  readonly columns: readonly string[];
  /** Of the columns, in their order. */
  readonly values: RawBuilder<unknown>;
}

/** Copies the rows of a table into the one that replaces it. */
export async function carryOver(
  { db, kind, onRows }: StepContext,
  { table, from, columns, values }: CarryOver,
): Promise<void> {
  const insert = sql`insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
    select ${values} from ${sql.table(from)}`;
  const counted = await sql<{ rows: number }>`
    select count(*) as rows from ${sql.table(from)}`.execute(db);
  const of = Number(counted.rows[0]?.rows ?? 0);
  onRows(table, 0, of);
  if (kind === 'postgres') {
    await insert.execute(db);
    onRows(table, of, of);
    return;
  }
  const newest = await sql<{ last: number | null }>`
    select max(rowid) as last from ${sql.table(from)}`.execute(db);
  const last = newest.rows[0]?.last ?? 0;
  let rows = 0;
  for (let after = 0; after < last; after += SLICE) {
    const { numAffectedRows } = await sql`${insert}
      where ${sql.table(from)}.rowid > ${after} and ${sql.table(from)}.rowid <= ${after + SLICE}`.execute(
      db,
    );
    rows += Number(numAffectedRows ?? 0);
    onRows(table, rows, of);
  }
}
