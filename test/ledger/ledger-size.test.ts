import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import { ALL_ORDERS } from '../../src/domain/visibility.ts';
import { startSqlite, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire, finish, writeResult } from '../fixtures/ledger/intended.ts';
import { see } from '../fixtures/ledger/observations.ts';

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

  test('no statement of a write looks through all open intents, or is prepared anew for a status', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const first = await acquire(ledger);
    await ledger.keepIntentOpen({ id: first.id, since: 0, result: writeResult('unknown') });
    await finish(ledger, (await acquire(ledger)).id);
    const refused = await acquire(ledger, { outOrderNo: 'N2' });
    await ledger.releaseIntent({ ...refused, result: writeResult('refused') });
    await acquire(ledger, { outOrderNo: 'N2', canonical: '{"other":1}' });
    await finish(ledger, refused.id);
    await see(ledger);
    await ledger.eventsAfter({ cursor: 0, limit: 10, visibility: ALL_ORDERS });
    const statements = [...new Set(prepare.mock.calls.map(([text]) => text))];
    prepare.mockRestore();
    const ofIntents = statements.filter((text) => /^(select|update).* "intents"/.test(text));
    expect(ofIntents.length).toBeGreaterThan(5);
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    const plans = ofIntents.map((text) => {
      const values = [...text.matchAll(/\?/g)].map(() => null);
      const plan = file.prepare(`explain query plan ${text}`).all(...values);
      return [text, ...plan.map(({ detail }) => detail)].join('\n');
    });
    file.close();
    expect(
      plans.filter((plan) => /where .*"status" = \?|intents_open |SCAN intents/.test(plan)),
    ).toEqual([]);
  });
});
