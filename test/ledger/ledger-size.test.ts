import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { startSqlite, useDatabase } from '../fixtures/ledger/databases.ts';

describe('what a write costs does not grow with the ledger', () => {
  const database = useDatabase(startSqlite);

  test.each([
    'select * from intents where out_order_no = ? and operation = ? and status in (?, ?)',
    'select * from intents where out_order_no = ? and operation = ? and status = ? and digest = ?',
    'select id from intents where check_at <= ?',
    'select * from orders where out_order_no = ?',
    'select max(id) from events',
    'select * from events where id > ? order by id limit ?',
  ])('%s finds its rows by an index', async (query) => {
    const url = await database.freshUrl();
    await database.openStore(url);
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    const plan = file.prepare(`explain query plan ${query}`).all();
    file.close();
    expect(plan.map(({ detail }) => detail).join()).not.toMatch(/SCAN|^$/);
  });
});
