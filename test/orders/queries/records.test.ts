import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import type { OrderCursor, Page } from '../../../src/ledger/jobs/list-records.ts';
import type { RecordFilter } from '../../../src/ledger/jobs/record-filter.ts';
import type { RecordedOrder } from '../../../src/ledger/records.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import {
  manualClock,
  NEWEST,
  openTestLedger,
  type TestLedger,
} from '../../fixtures/ledger/test-ledger.ts';

const cursorOf = (row: RecordedOrder | undefined): OrderCursor | null =>
  row ? { at: row.createdAt, product: row.product, outOrderNo: row.outOrderNo } : null;

const numbersOf = (rows: readonly RecordedOrder[]) => rows.map((row) => row.outOrderNo);

/** All pages, one after the other; between them whatever else happens. */
async function pages(
  ledger: TestLedger,
  first: number,
  filter: RecordFilter = {},
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[][]> {
  const read: string[][] = [];
  let after: OrderCursor | null = null;
  for (let more = true; more; ) {
    const page: Page<RecordedOrder> = await ledger.listOrders({
      ...NEWEST,
      visibility: ALL_ORDERS,
      filter,
      size: first,
      after,
    });
    read.push(numbersOf(page.rows));
    after = cursorOf(page.rows.at(-1));
    more = page.hasMore;
    await between();
  }
  return read;
}

const NEWEST_FIRST = ['C3', 'C2', 'C1', 'B3', 'B2', 'B1', 'A3', 'A2', 'A1'];

/** Nine orders of three moments, three of each. */
async function writeNine(ledger: TestLedger, clock: ReturnType<typeof manualClock>) {
  for (const moment of ['A', 'B', 'C']) {
    const three = ['2', '3', '1'].map((number) => {
      const serviceId = number === '1' ? 'S1' : 'S2';
      return see(ledger, { outOrderNo: `${moment}${number}`, serviceId });
    });
    await Promise.all(three);
    clock.advance(1_000);
  }
}

describe.each(databases)('the recorded orders, on $name', ({ start }) => {
  const database = useDatabase(start);
  let ledger: TestLedger;

  beforeAll(async () => {
    const clock = manualClock(1_000);
    ledger = await openTestLedger({ url: await database.freshUrl(), now: clock.now });
    await writeNine(ledger, clock);
    await see(ledger, { outOrderNo: 'B2', serviceId: 'S2', state: 'FINISHED' });
    await see(ledger, { outOrderNo: 'B3', serviceId: 'S2', state: 'REVOKED' });
    await see(ledger, { outOrderNo: 'A1', serviceId: 'S1', state: 'USER_ACCEPTED' });
    await see(ledger, { outOrderNo: 'A1', serviceId: 'S1', state: 'USER_PAID' });
  });
  afterAll(() => ledger.close());

  test.each([1, 2, 4, 9, 10])(
    'recorded orders are sorted newest first in pages of %i, none twice',
    async (first) => {
      const read = await pages(ledger, first);
      expect(read.flat()).toEqual(NEWEST_FIRST);
      expect(read).toHaveLength(Math.ceil(9 / first));
    },
  );

  test.each<[RecordFilter, string[]]>([
    [{ serviceId: 'S1' }, ['C1', 'B1', 'A1']],
    [{ statuses: ['COMPLETED'] }, ['B2']],
    [{ statuses: ['COMPLETED', 'CANCELED'] }, ['B3', 'B2']],
    [{ statuses: [] }, []],
    [{ serviceId: '' }, []],
    [{ createdFrom: 2_000 }, NEWEST_FIRST.slice(0, 6)],
    [{ createdBefore: 2_000 }, NEWEST_FIRST.slice(6)],
    [{ createdFrom: 2_000, createdBefore: 3_000, serviceId: 'S1' }, ['B1']],
    [{ createdFrom: 0, statuses: null, serviceId: null }, NEWEST_FIRST],
    [{ statuses: ['EXPIRED'] }, []],
  ])('the recorded orders are filtered by %j, on every page', async (filter, expected) => {
    expect((await pages(ledger, 2, filter)).flat()).toEqual(expected);
  });

  test('recorded orders have their events, oldest first, in pages', async () => {
    const query = { product: 'PAY_AFTER', outOrderNo: 'A1', first: 2 } as const;
    const [first] = await ledger.listEvents([{ ...query, after: 0 }]);
    expect(first?.rows.map(({ state }) => state)).toEqual(['CREATED', 'USER_ACCEPTED']);
    expect(first?.hasMore).toBe(true);
    const after = first?.rows.at(-1)?.id ?? 0;
    const [second] = await ledger.listEvents([{ ...query, after }]);
    expect(second?.rows.map(({ state }) => state)).toEqual(['USER_PAID']);
    expect(second?.hasMore).toBe(false);
  });

  test('pages of events of several orders are read together, each with its own size and start', async () => {
    const A1 = { product: 'PAY_AFTER', outOrderNo: 'A1' } as const;
    const [all] = await ledger.listEvents([{ ...A1, first: 100, after: 0 }]);
    const [created = 0, accepted = 0] = all?.rows.map(({ id }) => id) ?? [];
    const pages = await ledger.listEvents([
      { ...A1, outOrderNo: 'B2', first: 1, after: 0 },
      { ...A1, outOrderNo: 'none', first: 100, after: 0 },
      { ...A1, first: 1, after: created },
      { ...A1, first: 2, after: accepted },
      { ...A1, first: 3, after: 0 },
    ]);
    const shown = pages.map(({ rows, hasMore }) => [
      ...rows.map(({ outOrderNo, state }) => `${outOrderNo} ${state}`),
      hasMore,
    ]);
    expect(shown).toEqual([
      ['B2 CREATED', true],
      [false],
      ['A1 USER_ACCEPTED', true],
      ['A1 USER_PAID', false],
      ['A1 CREATED', 'A1 USER_ACCEPTED', 'A1 USER_PAID', false],
    ]);
  });

  test('the ledger knows which event cursors exist', async () => {
    const exist = [0, 1_000, 4_003, 4_004].map((id) => ledger.findEvent(ALL_ORDERS, id));
    const found = (await Promise.all(exist)).map((event) => event?.id ?? null);
    expect(found).toEqual([null, 1_000, 4_003, null]);
  });

  test('recorded orders stay on their pages while new ones arrive and others change', async () => {
    const clock = manualClock(1_000);
    const own = await database.openLedger({ now: clock.now });
    await writeNine(own, clock);
    let arrivals = 0;
    const happen = async () => {
      clock.advance(1);
      arrivals += 1;
      await see(own, { outOrderNo: `D${arrivals}` });
      await see(own, { outOrderNo: 'A2', serviceId: 'S2', state: 'FINISHED' });
    };
    expect((await pages(own, 2, {}, happen)).flat()).toEqual(NEWEST_FIRST);
    expect(arrivals).toBe(5);
  });
});
