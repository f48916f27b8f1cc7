import { describe, expect, test, vi } from 'vitest';
import { startReconciler } from '../../../src/orders/reconciliation/reconciler.ts';
import { databases, startPostgresOnce, useDatabase } from '../../fixtures/ledger/databases.ts';
import { acquire } from '../../fixtures/ledger/intended.ts';
import { eventsOf, orderOf, see, shownOrder } from '../../fixtures/ledger/observations.ts';
import { manualClock, openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../../fixtures/orders/reconcile.ts';

const MINUTE = 60_000;
const still = (outOrderNo: string) => shownOrder({ outOrderNo });

/** Its first write is done, no other. */
function killedAfterItsClaim(ledger: TestLedger): TestLedger {
  const killed = () => Promise.reject(new Error('killed'));
  return { ...ledger, finishOrderReconciliation: killed, postponeOrder: killed };
}

describe.each(databases)('the reconciler on $name', ({ start }) => {
  const database = useDatabase(start);

  async function ledgerWith(orders: number) {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    const numbers = Array.from({ length: orders }, (_, index) => `N${index + 1}`);
    await Promise.all(numbers.map((outOrderNo) => see(ledger, { outOrderNo })));
    return { clock, ledger, numbers };
  }

  test('the reconciler finds the change of a lost notification within a minute', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(MINUTE);
    const wechat = queriesAnswering(() => shownOrder({ state: 'USER_ACCEPTED', riskAmount: 900 }));
    await lookOnce(wechat, ledger);
    expect(await orderOf(ledger)).toMatchObject({ state: 'USER_ACCEPTED', risk_amount: 900 });
    const [, found] = await eventsOf(ledger);
    expect(found).toMatchObject({ state: 'USER_ACCEPTED', source: 'RECONCILER' });
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toEqual(['N1']);
  });

  test('the reconciler queries only orders that are due', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(10_000);
    const wechat = queriesAnswering(still);
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toEqual([]);
  });

  test('the reconciler records when it queried an order, and queries again later', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(MINUTE);
    await lookOnce(queriesAnswering(still), ledger);
    const { observed_at, check_at, status_since } = await orderOf(ledger);
    expect(observed_at).toBe(clock.now());
    expect(status_since).toBe(clock.now() - MINUTE);
    expect(check_at).toBeGreaterThan(clock.now());
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test.each(['USER_PAID', 'REVOKED', 'EXPIRED'])(
    'the reconciler never queries an order that is %s',
    async (state) => {
      const { clock, ledger } = await ledgerWith(0);
      await see(ledger, { state });
      clock.advance(365 * 24 * 60 * MINUTE);
      const wechat = queriesAnswering(still);
      await lookOnce(wechat, ledger);
      expect(wechat.asked).toEqual([]);
    },
  );

  test('the reconciler gives up on an order that stays CREATED', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(3 * 60 * MINUTE);
    await lookOnce(queriesAnswering(still), ledger);
    expect(await orderOf(ledger)).toMatchObject({ check_at: null });
  });

  test('the reconciler keeps orders that WeChat Pay does not know, or contradicts', async () => {
    const { clock, ledger } = await ledgerWith(2);
    clock.advance(MINUTE);
    const wechat = queriesAnswering((outOrderNo) =>
      outOrderNo === 'N1' ? null : shownOrder({ outOrderNo, appid: 'wx2', state: 'USER_PAID' }),
    );
    await lookOnce(wechat, ledger);
    expect(await orderOf(ledger, 'N1')).toMatchObject({ state: 'CREATED' });
    expect(await orderOf(ledger, 'N2')).toMatchObject({ state: 'CREATED' });
    expect(ledger.logged.toSorted()).toEqual([
      'WeChat Pay has no such order: it stays as recorded',
      'observation contradicts the ledger, not applied',
    ]);
    for (const number of ['N1', 'N2']) {
      expect((await orderOf(ledger, number)).check_at).toBeGreaterThan(clock.now());
    }
  });

  test('the reconciler queries ten orders at a time, the longest due first', async () => {
    const { clock, ledger, numbers } = await ledgerWith(25);
    clock.advance(MINUTE);
    const wechat = queriesAnswering(still);
    const counts: number[] = [];
    for (let look = 0; look < 4; look += 1) {
      await lookOnce(wechat, ledger);
      counts.push(wechat.asked.length);
    }
    expect(counts).toEqual([10, 20, 25, 25]);
    expect(wechat.asked.toSorted()).toEqual(numbers.toSorted());
  });

  test('the reconciler queries an order again after the lease of a minute if its claimer could not', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(MINUTE);
    const wechat = queriesAnswering(still);
    await lookOnce(wechat, killedAfterItsClaim(ledger));
    clock.advance(59_000);
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toHaveLength(1);
    clock.advance(1_000);
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toHaveLength(2);
  });

  test.each([
    ['20 to 25 s later while it is young', 1, 20_000, 25_000],
    ['an hour later or so after a day', 24 * 60, 60 * MINUTE, 75 * MINUTE],
  ])(
    'the reconciler queries again after a failed query: %s',
    async (_when, minutes, least, most) => {
      const { clock, ledger } = await ledgerWith(1);
      clock.advance(minutes * MINUTE);
      const failing = queriesAnswering(() => Promise.reject(new Error('no answer')));
      await lookOnce(failing, ledger);
      const wait = ((await orderOf(ledger)).check_at ?? 0) - clock.now();
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(most);
      expect(ledger.logged).toHaveLength(1);
    },
  );

  test('the reconciler gives up on an order that no query shows for a month', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(31 * 24 * 60 * MINUTE);
    await lookOnce(
      queriesAnswering(() => Promise.reject(new Error('no answer'))),
      ledger,
    );
    expect(await orderOf(ledger)).toMatchObject({ state: 'CREATED', check_at: null });
  });

  test('the reconciler does not undo a state that arrived during its query', async () => {
    const { clock, ledger } = await ledgerWith(1);
    clock.advance(MINUTE);
    const wechat = queriesAnswering(async (outOrderNo) => {
      await see(ledger, { state: 'USER_PAID', source: 'NOTIFICATION' });
      return still(outOrderNo);
    });
    await lookOnce(wechat, ledger);
    expect(await orderOf(ledger)).toMatchObject({ state: 'USER_PAID', check_at: null });
  });
});

describe('two reconcilers on one PostgreSQL', () => {
  const database = useDatabase(startPostgresOnce);

  test('two reconcilers on one PostgreSQL never query the same order twice', async () => {
    const clock = manualClock();
    const url = await database.freshUrl();
    const one = await database.openLedger({ url, now: clock.now });
    const other = await database.openLedger({ url, now: clock.now });
    const numbers = Array.from({ length: 30 }, (_, index) => `N${index + 1}`);
    await Promise.all(numbers.map((outOrderNo) => see(one, { outOrderNo })));
    clock.advance(MINUTE);
    const wechat = queriesAnswering(still);
    for (let look = 0; look < 3; look += 1) {
      await lookOnce(wechat, one, other);
    }
    expect(wechat.asked.toSorted()).toEqual(numbers.toSorted());
  });
});

describe('many orders that are due', () => {
  const LOST = 'LOST';
  const answer = (outOrderNo: string) =>
    shownOrder({ outOrderNo, state: outOrderNo === LOST ? 'USER_ACCEPTED' : 'CREATED' });

  test.each([
    ['one shopper', 1, 1_200],
    ['each of 20 shoppers', 20, 60],
  ])(
    'a lost notification is recovered within 30 s, whatever many orders %s has just made',
    async (_who, shoppers, each) => {
      const clock = manualClock();
      const ledger = await openTestLedger({ now: clock.now });
      const made = Array.from({ length: shoppers * each }, (_, index) =>
        see(ledger, { outOrderNo: `N${index}`, owner: `shopper ${index % shoppers}` }),
      );
      await Promise.all([...made, see(ledger, { outOrderNo: LOST, owner: 'another' })]);
      const wechat = queriesAnswering(answer);
      for (let second = 1; second <= 30; second += 1) {
        clock.advance(1_000);
        await lookOnce(wechat, ledger);
      }
      expect(await orderOf(ledger, LOST)).toMatchObject({ state: 'USER_ACCEPTED' });
      expect(await ledger.reconcilerLag()).toBeGreaterThan(3_000);
      await ledger.close();
    },
  );

  test('a lost notification is recovered within 30 s, however many orders of the shop wait to be completed', async () => {
    const clock = manualClock();
    const ledger = await openTestLedger({ now: clock.now });
    const accepted = Array.from({ length: 600 }, (_, index) =>
      see(ledger, { outOrderNo: `N${index}`, state: 'USER_ACCEPTED' }),
    );
    await Promise.all(accepted);
    const wechat = queriesAnswering((outOrderNo) =>
      shownOrder({ outOrderNo, state: 'USER_ACCEPTED' }),
    );
    // All of them are due, and more become due than can be queried.
    clock.advance(MINUTE);
    await see(ledger, { outOrderNo: LOST });
    for (let second = 1; second <= 30; second += 1) {
      clock.advance(1_000);
      const later = Array.from({ length: 20 }, (_, index) =>
        see(ledger, { outOrderNo: `M${second}-${index}`, state: 'USER_ACCEPTED' }),
      );
      await Promise.all(later);
      await lookOnce(wechat, ledger);
    }
    expect(await orderOf(ledger, LOST)).toMatchObject({ state: 'USER_ACCEPTED' });
    await ledger.close();
  });

  test('writes of unknown outcome and orders have half of the calls each, and all of them if the others need none', async () => {
    const clock = manualClock();
    const ledger = await openTestLedger({ now: clock.now });
    const open = Array.from({ length: 40 }, (_, index) =>
      acquire(ledger, { outOrderNo: `I${index}`, owner: 'shopper' }),
    );
    await Promise.all([
      ...open,
      ...[1, 2, 3].map((index) => see(ledger, { outOrderNo: `N${index}` })),
    ]);
    clock.advance(MINUTE);
    const wechat = queriesAnswering(() => null);
    await lookOnce(wechat, ledger);
    expect(wechat.asked.filter((outOrderNo) => outOrderNo.startsWith('I'))).toHaveLength(7);
    expect(wechat.asked.filter((outOrderNo) => outOrderNo.startsWith('N'))).toHaveLength(3);
    await ledger.close();
  });

  test('as many as are configured are queried a second', async () => {
    const clock = manualClock();
    const ledger = await openTestLedger({ now: clock.now });
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => see(ledger, { outOrderNo: `N${index}` })),
    );
    clock.advance(MINUTE);
    const wechat = queriesAnswering(still);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const reconciler = startReconciler(ledger, wechat, { callsPerSecond: 25 });
    vi.advanceTimersByTime(1_000);
    await reconciler.close();
    vi.useRealTimers();
    expect(wechat.asked).toHaveLength(25);
    await ledger.close();
  });
});

test('the reconciler runs every second, and closing waits for the current run', async () => {
  const clock = manualClock();
  const ledger = await openTestLedger({ now: clock.now });
  await see(ledger);
  clock.advance(MINUTE);
  let answered = false;
  const wechat = queriesAnswering(async (outOrderNo) => {
    await ledger.isWritable();
    answered = true;
    return still(outOrderNo);
  });
  const reconciler = startReconciler(ledger, wechat);
  await expect.poll(() => wechat.asked.length).toBe(1);
  await reconciler.close();
  expect(answered).toBe(true);
  await ledger.close();
});
