import { describe, expect, test, vi } from 'vitest';
import type { AcquiredIntent } from '../../src/ledger/jobs/acquire-intent.ts';
import type { Intended } from '../../src/orders/commands/write-types.ts';
import { OrderConflictError } from '../../src/wechat/index.ts';
import { databases, startPostgresOnce, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire, bytes, finish, writeResult } from '../fixtures/ledger/intended.ts';
import type { TestLedger } from '../fixtures/ledger/test-ledger.ts';

function standOf(ledger: TestLedger, changes: Partial<Intended> = {}) {
  return acquire(ledger, changes);
}

function refuse(ledger: TestLedger, { id, lease }: AcquiredIntent): Promise<boolean> {
  return ledger.releaseIntent({ id, lease, result: writeResult('refused') });
}

const intentsOf = ({ store }: TestLedger) => store.db.selectFrom('intents').selectAll().execute();

describe.each(databases)('an intent on $name', ({ start }) => {
  const database = useDatabase(start);

  test('an intent is found again by the same input, with the bytes and the serial number of the first', async () => {
    const ledger = await database.openLedger();
    const first = await standOf(ledger);
    const second = await standOf(ledger);
    expect(first.repeated).toBe(false);
    expect(second).toMatchObject({
      id: first.id,
      repeated: true,
      prepared: {
        target: first.prepared.target,
        body: new Uint8Array(first.prepared.body),
        platformSerial: first.prepared.platformSerial,
      },
    });
    expect(await intentsOf(ledger)).toHaveLength(1);
  });

  test('an intent conflicts with any other input, which is not prepared', async () => {
    const ledger = await database.openLedger();
    await standOf(ledger);
    const prepare = vi.fn(bytes);
    const conflict = standOf(ledger, { canonical: '{"out_order_no":"N1","x":1}', prepare });
    await expect(conflict).rejects.toThrow(OrderConflictError);
    await expect(standOf(ledger, { owner: 'else', prepare })).rejects.toThrow(OrderConflictError);
    expect(prepare).not.toHaveBeenCalled();
  });

  test('an intent does not conflict with one of another operation or another order', async () => {
    const ledger = await database.openLedger();
    const all = [{}, { operation: 'complete' as const }, { outOrderNo: 'N2' }];
    const acquired = await Promise.all(all.map((changes) => standOf(ledger, changes)));
    expect(acquired.map(({ repeated }) => repeated)).toEqual([false, false, false]);
  });

  test('a refused intent releases its number for a corrected input', async () => {
    const ledger = await database.openLedger();
    const refused = await standOf(ledger);
    expect(await refuse(ledger, refused)).toBe(true);
    const corrected = await standOf(ledger, { canonical: '{"corrected":1}' });
    expect(corrected.repeated).toBe(false);
    expect(corrected.id).not.toBe(refused.id);
  });

  test('a completed intent keeps its number', async () => {
    const ledger = await database.openLedger();
    const acquired = await standOf(ledger);
    const { id } = acquired;
    await finish(ledger, id);
    expect(await refuse(ledger, acquired)).toBe(false);
    const other = standOf(ledger, { canonical: '{"other":1}' });
    await expect(other).rejects.toThrow(OrderConflictError);
    expect(await standOf(ledger)).toMatchObject({ id, repeated: true });
  });

  test('an intent of unknown outcome keeps its number', async () => {
    const ledger = await database.openLedger();
    const { id } = await standOf(ledger);
    await ledger.keepIntentOpen({ id, since: 0, result: writeResult('unknown') });
    const other = standOf(ledger, { canonical: '{"other":1}' });
    await expect(other).rejects.toThrow(OrderConflictError);
    expect(await intentsOf(ledger)).toMatchObject([{ status: 'open' }]);
  });

  test('an intent of unknown outcome counts as sent when its call ended', async () => {
    let now = 1_767_225_600_000;
    const ledger = await database.openLedger({ now: () => now });
    const { id } = await standOf(ledger);
    const since = now;
    now += 20_000;
    await ledger.keepIntentOpen({ id, since, result: writeResult('unknown') });
    expect(await intentsOf(ledger)).toMatchObject([{ created_at: since, sent_at: now }]);
  });

  test('an intent survives a restart', async () => {
    const url = await database.freshUrl();
    const before = await database.openLedger({ url });
    const first = await standOf(before);
    await before.close();
    const after = await database.openLedger({ url });
    const second = await standOf(after);
    expect(second.repeated).toBe(true);
    expect(Buffer.from(second.prepared.body)).toEqual(Buffer.from(first.prepared.body));
  });

  test('many concurrent calls with the same input share one intent', async () => {
    const ledger = await database.openLedger();
    const all = await Promise.all(Array.from({ length: 20 }, () => standOf(ledger)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(new Set(all.map(({ prepared }) => Buffer.from(prepared.body).toString())).size).toBe(1);
    expect(all.filter(({ repeated }) => !repeated)).toHaveLength(1);
  });

  test('of two concurrent calls with different input one gets the intent', async () => {
    const ledger = await database.openLedger();
    const inputs = ['{"a":1}', '{"b":1}'].map((canonical) => standOf(ledger, { canonical }));
    const outcomes = (await Promise.allSettled(inputs)).map(({ status }) => status);
    expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await intentsOf(ledger)).toHaveLength(1);
  });

  test('an intent whose bytes cannot be built is not written', async () => {
    const ledger = await database.openLedger();
    const prepare = () => Promise.reject(new RangeError('no room'));
    await expect(standOf(ledger, { prepare })).rejects.toThrow(RangeError);
    expect(await intentsOf(ledger)).toEqual([]);
  });
});

describe('two instances on one PostgreSQL', () => {
  const database = useDatabase(startPostgresOnce);

  test('two instances with the same concurrent intent write one row, with the same bytes', async () => {
    const url = await database.freshUrl();
    const [one, other] = [await database.openLedger({ url }), await database.openLedger({ url })];
    for (let round = 0; round < 20; round += 1) {
      const outOrderNo = `N${round}`;
      const both = [standOf(one, { outOrderNo }), standOf(other, { outOrderNo })];
      const [first, second] = await Promise.all(both);
      expect(second?.id).toBe(first?.id);
      expect(Buffer.from(second?.prepared.body ?? '')).toEqual(
        Buffer.from(first?.prepared.body ?? ''),
      );
    }
    expect(await intentsOf(one)).toHaveLength(20);
  });
});
