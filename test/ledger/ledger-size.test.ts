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

  test('the events of a number are found by an index, with and without its product', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const part = { cursor: 0, limit: 10, outOrderNo: 'N1' };
    const owner = { kind: 'own', owner: 'o1' } as const;
    for (const visibility of [ALL_ORDERS, owner]) {
      await ledger.eventsAfter({ ...part, visibility });
      await ledger.eventsAfter({ ...part, visibility, product: 'PAY_AFTER' });
    }
    const statements = new Set(prepare.mock.calls.map(([text]) => text));
    prepare.mockRestore();
    const ofEvents = [...statements].filter((text) => /^select .*"events"/.test(text));
    expect(ofEvents).toHaveLength(4);
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    for (const text of ofEvents) {
      const values = [...text.matchAll(/\?/g)].map(() => null);
      const plan = file.prepare(`explain query plan ${text}`).all(...values);
      const steps = plan.map(({ detail }) => String(detail)).filter((one) => / events/.test(one));
      expect(steps.join('\n'), text).toMatch(/USING INDEX events_of_(order|owner)/);
      expect(steps.join('\n'), text).not.toMatch(/PRIMARY KEY|SCAN events/);
    }
    file.close();
  });

  test('a page of the orders of a product is read in its order, and not sorted out of all of them', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const page = { from: 'first', size: 10, after: null, before: null } as const;
    for (const orderBy of ['CREATED_DESC', 'CREATED_ASC', 'OBSERVED_DESC'] as const) {
      const filter = { product: 'PAY_AFTER' } as const;
      await ledger.listOrders({ visibility: ALL_ORDERS, filter, orderBy, ...page });
    }
    const statements = prepare.mock.calls.map(([text]) => text);
    prepare.mockRestore();
    const ofOrders = statements.filter((text) => /from "orders"/.test(text));
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    const plans = ofOrders.map((text) =>
      file.prepare(`explain query plan ${text}`).all(...[...text.matchAll(/\?/g)].map(() => null)),
    );
    file.close();
    const steps = plans.flat().map(({ detail }) => detail);
    expect(steps.filter((step) => /^SCAN orders/.test(String(step)))).toEqual([
      'SCAN orders USING INDEX orders_newest',
      'SCAN orders USING INDEX orders_newest',
      'SCAN orders USING INDEX orders_observed',
    ]);
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
