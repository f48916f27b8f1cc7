import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { startPostgresOnce, startSqlite, useDatabase } from '../../fixtures/ledger/databases.ts';
import { event, see } from '../../fixtures/ledger/observations.ts';
import type { TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { take, withoutPolling } from '../../fixtures/orders/streams.ts';

const SOON = { timeout: 10_000, interval: 20 };

const listening = async ({ store }: TestLedger) => {
  const query = sql<{ pid: number }>`
    select pid from pg_stat_activity where query ilike 'listen %' and pid <> pg_backend_pid()`;
  return (await query.execute(store.db)).rows.map(({ pid }) => pid);
};

describe('two instances on one PostgreSQL', () => {
  const database = useDatabase(startPostgresOnce);

  test('instances notify each other of events by a hint, without polling', async () => {
    const url = await database.freshUrl();
    const writer = await database.openLedger({ url });
    const reader = await withoutPolling(() => database.openLedger({ url }));
    await expect.poll(() => listening(writer), SOON).toHaveLength(2);
    for (let round = 1; round <= 5; round += 1) {
      const next = take(
        eventStream(reader, { visibility: ALL_ORDERS, outOrderNo: null, after: null }),
        1,
      );
      await see(writer, { outOrderNo: `N${round}` });
      expect(await next).toMatchObject([{ outOrderNo: `N${round}` }]);
    }
  });

  test('instances find events by polling if a hint is lost', async () => {
    const url = await database.freshUrl();
    const writer = await database.openLedger({ url });
    const reader = await database.openLedger({ url });
    await expect.poll(() => listening(writer), SOON).toHaveLength(2);
    const next = take(
      eventStream(reader, { visibility: ALL_ORDERS, outOrderNo: null, after: null }),
      1,
    );
    // No hint at all: an event that was written without one.
    await writer.store.write((tx) => tx.insertInto('events').values(event()).execute());
    expect(await next).toMatchObject([{ id: 1 }]);
  });

  test('instances continue if the LISTEN connection breaks, and listen again', async () => {
    const url = await database.freshUrl();
    const writer = await database.openLedger({ url });
    const reader = await database.openLedger({ url });
    await expect.poll(() => listening(writer), SOON).toHaveLength(2);
    const next = take(
      eventStream(reader, { visibility: ALL_ORDERS, outOrderNo: null, after: null }),
      2,
    );
    for (const pid of await listening(writer)) {
      await sql`select pg_terminate_backend(${pid})`.execute(writer.store.db);
    }
    await see(writer, { outOrderNo: 'N1' });
    await expect.poll(() => listening(writer), SOON).toHaveLength(2);
    await see(writer, { outOrderNo: 'N2' });
    expect(await next).toMatchObject([{ outOrderNo: 'N1' }, { outOrderNo: 'N2' }]);
  });
});

describe('a pull', () => {
  const database = useDatabase(startSqlite);

  test('a pull that is requested just as the previous one ends is not lost', async () => {
    const url = await database.freshUrl();
    const { bus } = await withoutPolling(() => database.openLedger({ url }));
    const file = new DatabaseSync(url.slice('sqlite:'.length));
    const insert = file.prepare(
      `insert into events (id, type, product, out_order_no, status, state_raw, source, occurred_at,
         received_at)
       values (?, 'STATUS_CHANGED', 'PAY_AFTER', 'N1', 'CREATED', 'CREATED', 'QUERY', 1, 1)`,
    );
    for (let steps = 0; steps < 80; steps += 1) {
      bus.poll();
      for (let step = 0; step < steps; step += 1) {
        await Promise.resolve();
      }
      insert.run(steps + 1);
      bus.poll();
      await expect.poll(bus.head, { timeout: 2_000, interval: 1 }).toBe(steps + 1);
    }
    file.close();
  });
});
