import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { startSqlite, useDatabase } from '../fixtures/ledger/databases.ts';

describe('what a write costs does not grow with the ledger', () => {
  const database = useDatabase(startSqlite);

  test.each([
    'select * from intents where out_order_no = ? and product = ? and operation = ? and status <> ?',
    "select * from intents where owner = ? and operation = ? and status = 'open'",
    'select id from intents where check_at <= ?',
    'select * from orders where product = ? and out_order_no = ?',
    'select * from orders where check_at <= ? order by check_at limit ?',
    'select * from orders where owner = ? order by created_at desc, out_order_no desc limit ?',
    'update events set owner = ? where product = ? and out_order_no = ? and owner is null',
    'select max(id) from events',
    'select * from events where id > ? order by id limit ?',
    'select * from events where owner = ? and id > ? order by id limit ?',
    'select * from payments where transaction_id = ?',
    'select * from refunds where transaction_id = ?',
    'select * from notifications where out_order_no = ? and product = ?',
  ])('%s finds its rows by an index', async (query) => {
    const url = await database.freshUrl();
    await database.openStore(url);
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    const plan = file.prepare(`explain query plan ${query}`).all();
    file.close();
    expect(plan.map(({ detail }) => detail).join()).not.toMatch(/SCAN|^$/);
  });
});
