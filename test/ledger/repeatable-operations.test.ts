import { describe, expect, test } from 'vitest';
import type { AcquiredIntent } from '../../src/ledger/jobs/acquire-intent.ts';
import { OrderConflictError } from '../../src/wechat/index.ts';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire, finish, writeResult } from '../fixtures/ledger/intended.ts';
import type { TestLedger } from '../fixtures/ledger/test-ledger.ts';

const modify = (ledger: TestLedger, total: number) =>
  acquire(ledger, {
    product: 'SERVICE_ORDER',
    operation: 'modify',
    canonical: JSON.stringify({ total_amount: total }),
  });
const collect = (ledger: TestLedger) =>
  acquire(ledger, { product: 'SERVICE_ORDER', operation: 'collect', canonical: '{}' });
const release = (ledger: TestLedger, { id, lease }: AcquiredIntent) =>
  ledger.releaseIntent({ id, lease, result: writeResult('refused') });
const statuses = async ({ store, idle }: TestLedger) => {
  await idle();
  const rows = await store.db.selectFrom('intents').select('status').execute();
  return rows.map(({ status }) => status).toSorted();
};

describe.each(databases)('an operation that may happen several times, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('a modify follows one that has succeeded, and conflicts with one that is open', async () => {
    const ledger = await database.openLedger();
    const first = await modify(ledger, 900);
    await expect(modify(ledger, 500)).rejects.toThrow(OrderConflictError);
    await finish(ledger, first.id);
    const second = await modify(ledger, 500);
    expect(second).toMatchObject({ repeated: false, superseded: false });
    // The older one waits until the outcome of the newer one is known.
    await expect(modify(ledger, 900)).rejects.toThrow(OrderConflictError);
    await finish(ledger, second.id);
    expect(await statuses(ledger)).toEqual(['done', 'done']);
  });

  test('a modify that a later one has replaced is superseded, and the last one is not', async () => {
    const ledger = await database.openLedger();
    for (const total of [900, 500]) {
      await finish(ledger, (await modify(ledger, total)).id);
    }
    const before = await statuses(ledger);
    const older = { repeated: true, succeededBefore: true, superseded: true };
    expect(await modify(ledger, 900)).toMatchObject(older);
    expect(await modify(ledger, 500)).toMatchObject({ ...older, superseded: false });
    expect(await statuses(ledger)).toEqual(before);
  });

  test('a modify that took effect late is done, and the open one stays open', async () => {
    const ledger = await database.openLedger();
    const first = await modify(ledger, 900);
    expect(await release(ledger, first)).toBe(true);
    await modify(ledger, 500);
    await finish(ledger, first.id);
    expect(await statuses(ledger)).toEqual(['done', 'open']);
  });

  test('a modify of unknown outcome does not become open beside another one', async () => {
    const ledger = await database.openLedger();
    const first = await modify(ledger, 900);
    await release(ledger, first);
    await modify(ledger, 500);
    const result = writeResult('unknown');
    await ledger.keepIntentOpen({ id: first.id, since: ledger.steadyNow(), result });
    expect(await statuses(ledger)).toEqual(['open', 'refused']);
  });

  test('a collect is a new intent each time, and while one is open the same one', async () => {
    const ledger = await database.openLedger();
    const first = await collect(ledger);
    expect(await collect(ledger)).toMatchObject({ id: first.id, repeated: true });
    await finish(ledger, first.id);
    const second = await collect(ledger);
    expect(second).toMatchObject({ repeated: false, succeededBefore: false });
    expect(second.id).not.toBe(first.id);
    await finish(ledger, second.id);
    expect(await statuses(ledger)).toEqual(['done', 'done']);
  });
});
