import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import type { OrderCursor, RecordOrder } from '../../../src/ledger/jobs/list-records.ts';
import type { RecordFilter } from '../../../src/ledger/jobs/record-filter.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import {
  manualClock,
  NEWEST,
  openTestLedger,
  type TestLedger,
} from '../../fixtures/ledger/test-ledger.ts';

describe.each(databases)('the filters of recorded orders, on $name', ({ start }) => {
  const database = useDatabase(start);
  let ledger: TestLedger;

  beforeAll(async () => {
    const clock = manualClock(1_000);
    ledger = await openTestLedger({ url: await database.freshUrl(), now: clock.now });
    for (const outOrderNo of ['a-1', 'a-2', 'a_3', 'A-4', 'ab-5']) {
      await see(ledger, { outOrderNo, owner: outOrderNo === 'a-2' ? 'ann' : null });
      clock.advance(1_000);
    }
    await see(ledger, { outOrderNo: 'a-1', product: 'SERVICE_ORDER', state: 'CREATED' });
    clock.advance(1_000);
    const payments = [{ transactionId: '4200', amount: 1 }];
    await see(ledger, { outOrderNo: 'a-2', state: 'USER_PAID', totalAmount: 1, payments });
    clock.advance(1_000);
    await see(ledger, { outOrderNo: 'a_3', riskAmount: 1 });
    await see(ledger, { outOrderNo: 'a_3', riskAmount: 2 });
  });
  afterAll(() => ledger.close());

  const list = async (filter: RecordFilter) => {
    const selection = { visibility: ALL_ORDERS, filter };
    const { rows } = await ledger.listOrders({ ...NEWEST, ...selection, size: 100 });
    expect(await ledger.countOrders({ ...selection, most: 100 })).toBe(rows.length);
    return rows.map(
      ({ product, outOrderNo }) => `${product === 'PAY_AFTER' ? '' : 'S '}${outOrderNo}`,
    );
  };

  test.each<[RecordFilter, string[]]>([
    [{ outOrderNo: 'a-1' }, ['S a-1', 'a-1']],
    [{ outOrderNo: 'a-1', product: 'SERVICE_ORDER' }, ['S a-1']],
    [{ outOrderNoPrefix: 'a-' }, ['S a-1', 'a-2', 'a-1']],
    [{ outOrderNoPrefix: 'a' }, ['S a-1', 'ab-5', 'a_3', 'a-2', 'a-1']],
    [{ outOrderNoPrefix: 'A' }, ['A-4']],
    [{ outOrderNoPrefix: 'a%' }, []],
    [{ transactionId: '4200' }, ['a-2']],
    [{ transactionId: '4201' }, []],
    [{ owner: 'ann' }, ['a-2']],
    [{ hasConflict: true }, ['a_3']],
    [{ hasConflict: false, outOrderNoPrefix: 'a_' }, []],
    [{ hasOpenWrite: true }, []],
    [{ hasOpenWrite: false, statuses: ['PAID'] }, ['a-2']],
  ])('the filter %j', async (filter, expected) => {
    expect(await list(filter)).toEqual(expected);
  });

  test.each<[RecordOrder, 'first' | 'last', string[][]]>([
    [
      'CREATED_ASC',
      'first',
      [
        ['a-1', 'a-2'],
        ['a_3', 'A-4'],
        ['ab-5', 'a-1'],
      ],
    ],
    [
      'CREATED_DESC',
      'last',
      [
        ['a-2', 'a-1'],
        ['A-4', 'a_3'],
        ['a-1', 'ab-5'],
      ],
    ],
    [
      'OBSERVED_DESC',
      'first',
      [
        ['a-2', 'a-1'],
        ['ab-5', 'A-4'],
        ['a_3', 'a-1'],
      ],
    ],
  ])('pages sorted by %s from the %s one on', async (orderBy, from, expected) => {
    let cursor: OrderCursor | null = null;
    for (const page of expected) {
      const { rows, hasMore } = await ledger.listOrders({
        ...NEWEST,
        visibility: ALL_ORDERS,
        orderBy,
        from,
        size: 2,
        ...(from === 'first' ? { after: cursor } : { before: cursor }),
      });
      expect(rows.map(({ outOrderNo }) => outOrderNo)).toEqual(page);
      expect(hasMore).toBe(page !== expected.at(-1));
      const end = from === 'first' ? rows.at(-1) : rows[0];
      const at = orderBy === 'OBSERVED_DESC' ? end?.observedAt : end?.createdAt;
      cursor = end ? { ...end, at: at ?? 0 } : null;
    }
  });

  test('a count ends where it is asked to', async () => {
    const all = { visibility: ALL_ORDERS, filter: {} };
    expect(await ledger.countOrders({ ...all, most: 5 })).toBeNull();
    expect(await ledger.countOrders({ ...all, most: 6 })).toBe(6);
  });
});
