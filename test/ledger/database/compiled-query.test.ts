import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { sqliteDialect } from '../../../src/ledger/database/sqlite/sqlite.ts';
import type { EventRow } from '../../../src/ledger/database/tables.ts';
import { compiledQuery, type Params } from '../../../src/ledger/jobs/rows.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { event } from '../../fixtures/ledger/observations.ts';

describe.each(databases)('a statement on $name', ({ start }) => {
  const database = useDatabase(start);

  /** Two statements, and how often their text was built. */
  const counted = () => {
    let built = 0;
    const insert = compiledQuery((db, row: Params<EventRow>) => {
      built += 1;
      return db.insertInto('events').values(row).returning('id');
    });
    const find = compiledQuery(
      (db, { source, above }: Params<Pick<EventRow, 'source'> & { readonly above: number }>) => {
        built += 1;
        return db
          .selectFrom('events')
          .select(['id', 'out_order_no', 'previous_status'])
          .where('id', '>', above)
          .where('source', '=', source)
          .orderBy('id');
      },
    );
    return { insert, find, built: () => built };
  };

  test('a compiled statement is built once, and runs with the values of each call', async () => {
    const { db, write } = await database.openStore();
    const { insert, find, built } = counted();
    const first = event({ id: 1, out_order_no: 'a', previous_status: null });
    const second = event({ id: 2, out_order_no: 'b', previous_status: 'CREATED' });
    const [inserted] = await insert(db, first);
    const reversed: EventRow = Object.assign(
      {},
      ...Object.entries(second)
        .toReversed()
        .map(([name, value]) => ({ [name]: value })),
    );
    await write((tx) => insert(tx, reversed));
    expect(inserted).toEqual({ id: 1 });
    const { source } = first;
    const rows = [
      { id: 1, out_order_no: 'a', previous_status: null },
      { id: 2, out_order_no: 'b', previous_status: 'CREATED' },
    ];
    expect(await find(db, { source, above: 0 })).toEqual(rows);
    expect(await find(db, { above: 1, source })).toEqual(rows.slice(1));
    expect(built()).toBe(2);
  });

  test('a compiled statement sees what its own transaction has written', async () => {
    const { db, write } = await database.openStore();
    const { insert, find } = counted();
    const written = event({ id: 1 });
    const asked = { source: written.source, above: 0 };
    const failure = new Error('undone');
    const undone = write(async (tx) => {
      await insert(tx, written);
      expect(await find(tx, asked)).toHaveLength(1);
      throw failure;
    });
    await expect(undone).rejects.toBe(failure);
    expect(await find(db, asked)).toEqual([]);
  });
});

test('a SQLite connection prepares a statement once, and keeps the 128 that were used last', async () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const db = new Kysely<unknown>({ dialect: sqliteDialect(':memory:') });
  const run = (number: number) => sql.raw(`select ${number}`).execute(db);
  const kept = Array.from({ length: 128 }, (_, index) => index);
  for (const number of [...kept, ...kept, 0, 128, 0, 1]) {
    await run(number);
  }
  await db.destroy();
  const prepared = prepare.mock.calls.map(([text]) => text);
  prepare.mockRestore();
  expect(prepared).toEqual([...kept, 128, 1].map((number) => `select ${number}`));
});
