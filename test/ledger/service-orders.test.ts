import { describe, expect, test } from 'vitest';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire, finish } from '../fixtures/ledger/intended.ts';
import { eventsOf, orderOf, see, type Words } from '../fixtures/ledger/observations.ts';
import { manualClock, type TestLedger } from '../fixtures/ledger/test-ledger.ts';

const CREATED = { state: 'CREATED' } as const;
const ACCEPTED = { state: 'DOING', stateDescription: 'USER_CONFIRM' } as const;
const COMPLETED = { state: 'DOING', stateDescription: 'MCH_COMPLETE', totalAmount: 450 } as const;
const COLLECTING = { ...COMPLETED, collectionStateRaw: 'USER_PAYING' } as const;
const PAID = {
  ...{ state: 'DONE', collectionStateRaw: 'USER_PAID', totalAmount: 450, paidAmount: 450 },
} as const;

const seeService = (ledger: TestLedger, words: Words) =>
  see(ledger, { product: 'SERVICE_ORDER', ...words });

/** The events: their type, and the status before and after. */
async function changesOf(ledger: TestLedger): Promise<readonly string[]> {
  const events = await eventsOf(ledger);
  return events.map(({ type, previous_status, status }) => `${type} ${previous_status} ${status}`);
}

describe.each(databases)('what is seen of a service order, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('each change of the status of a service order makes one event, with the values that show it', async () => {
    const ledger = await database.openLedger();
    for (const words of [CREATED, ACCEPTED, COMPLETED, COLLECTING, COLLECTING, PAID]) {
      await seeService(ledger, words);
    }
    expect(await changesOf(ledger)).toEqual([
      'STATUS_CHANGED null CREATED',
      'STATUS_CHANGED CREATED ACCEPTED',
      'STATUS_CHANGED ACCEPTED COMPLETED',
      'STATUS_CHANGED COMPLETED PAID',
    ]);
    expect(await eventsOf(ledger)).toMatchObject([
      { state_raw: 'CREATED', state_description_raw: null, collection_state_raw: null },
      { state_raw: 'DOING', state_description_raw: 'USER_CONFIRM', collection_state_raw: null },
      { state_raw: 'DOING', state_description_raw: 'MCH_COMPLETE', collection_state_raw: null },
      { state_raw: 'DONE', state_description_raw: null, collection_state_raw: 'USER_PAID' },
    ]);
    expect(await orderOf(ledger)).toMatchObject({
      status: 'PAID',
      state_raw: 'DONE',
      collection_state_raw: 'USER_PAID',
      total_amount: 450,
      paid_amount: 450,
      check_at: null,
    });
  });

  test('the state of the collection of a service order is recorded without an event', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, COMPLETED);
    expect(await seeService(ledger, COLLECTING)).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toMatchObject({ collection_state_raw: 'USER_PAYING' });
    // The response to a complete has none.
    await seeService(ledger, COMPLETED);
    expect(await orderOf(ledger)).toMatchObject({ collection_state_raw: 'USER_PAYING' });
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test('a service order that is paid by its collection becomes DONE without another event', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, { ...COMPLETED, collectionStateRaw: 'USER_PAID', paidAmount: 450 });
    expect(await orderOf(ledger)).toMatchObject({ status: 'PAID', state_raw: 'DOING' });
    await seeService(ledger, PAID);
    await seeService(ledger, { ...COMPLETED, collectionStateRaw: 'USER_PAID' });
    const done = { status: 'PAID', state_raw: 'DONE', state_description_raw: null };
    expect(await orderOf(ledger)).toMatchObject(done);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test('a lower total of a service order is an event of its own, and no contradiction', async () => {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    await seeService(ledger, COLLECTING);
    const { status_since: since } = await orderOf(ledger);
    clock.advance(1_000);
    expect(await seeService(ledger, { ...COLLECTING, totalAmount: 300 })).toEqual({
      outcome: 'applied',
    });
    expect(await changesOf(ledger)).toEqual([
      'STATUS_CHANGED null COMPLETED',
      'AMOUNT_MODIFIED COMPLETED COMPLETED',
    ]);
    const [, modified] = await eventsOf(ledger);
    expect(await orderOf(ledger)).toMatchObject({
      total_amount: 300,
      conflict_at: null,
      status_since: since,
      last_event_id: modified?.id,
      check_at: expect.any(Number),
    });
  });

  test('the total before a modify is outdated, and changes nothing', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, { ...COLLECTING, totalAmount: 300 });
    const before = await orderOf(ledger);
    expect(await seeService(ledger, COLLECTING)).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toEqual(before);
  });

  test('a service order that was modified unseen and is paid makes both events', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, COLLECTING);
    await seeService(ledger, { ...PAID, totalAmount: 300, paidAmount: 300 });
    expect(await changesOf(ledger)).toEqual([
      'STATUS_CHANGED null COMPLETED',
      'AMOUNT_MODIFIED COMPLETED COMPLETED',
      'STATUS_CHANGED COMPLETED PAID',
    ]);
    expect(await orderOf(ledger)).toMatchObject({ total_amount: 300, paid_amount: 300 });
  });

  test.each([
    ['a higher total when it is paid', COLLECTING, { ...PAID, totalAmount: 451 }, 'total_amount'],
    ['another total after it is paid', PAID, { ...PAID, totalAmount: 300 }, 'total_amount'],
    ['another fund', { ...CREATED, riskAmount: 1 }, { ...ACCEPTED, riskAmount: 2 }, 'risk_amount'],
    ['another appid', CREATED, { ...ACCEPTED, appid: 'wx2' }, 'appid'],
    [
      'an expiry after it is accepted',
      ACCEPTED,
      { state: 'EXPIRED' },
      'state from DOING to EXPIRED',
    ],
  ])(
    'a service order with %s is suspicious and stays as it is',
    async (_what, known, now, reason) => {
      const ledger = await database.openLedger();
      await seeService(ledger, known);
      const before = await orderOf(ledger);
      expect(await seeService(ledger, now)).toEqual({ outcome: 'suspicious', reason });
      expect(await orderOf(ledger)).toEqual({ ...before, conflict_at: expect.any(Number) });
      expect(await eventsOf(ledger)).toHaveLength(1);
    },
  );

  test('a service order without a description hides no later state', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, COMPLETED);
    expect(await seeService(ledger, { state: 'DOING' })).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toMatchObject({ status: 'COMPLETED' });
    await see(ledger, { product: 'SERVICE_ORDER', outOrderNo: 'N2', state: 'DOING' });
    expect(await orderOf(ledger, 'N2')).toMatchObject({ status: 'UNKNOWN', state_raw: 'DOING' });
    await see(ledger, { product: 'SERVICE_ORDER', outOrderNo: 'N2', ...ACCEPTED });
    expect(await orderOf(ledger, 'N2')).toMatchObject({ status: 'ACCEPTED' });
  });

  test('a service order records each payment, and the paid amount only grows', async () => {
    const ledger = await database.openLedger();
    const payment = (transactionId: string, amount: number) => ({ transactionId, amount });
    await seeService(ledger, { ...COLLECTING, payments: [payment('41', 100)] });
    const both = [payment('41', 100), payment('42', 350)];
    await seeService(ledger, { ...PAID, payments: both });
    await seeService(ledger, { ...PAID, paidAmount: 0 });
    const payments = ledger.store.db.selectFrom('payments').select(['transaction_id', 'amount']);
    expect(await payments.orderBy('transaction_id').execute()).toEqual([
      { transaction_id: '41', amount: 100 },
      { transaction_id: '42', amount: 350 },
    ]);
    expect(await orderOf(ledger)).toMatchObject({ paid_amount: 450 });
  });

  test('the user that a service order shows becomes its owner, with all its events', async () => {
    const ledger = await database.openLedger();
    await seeService(ledger, CREATED);
    await seeService(ledger, { ...ACCEPTED, user: 'u' });
    expect(await orderOf(ledger)).toMatchObject({ owner: 'u' });
    expect(await eventsOf(ledger)).toMatchObject([{ owner: 'u' }, { owner: 'u' }]);
    await seeService(ledger, { ...COMPLETED, user: 'another' });
    expect(await orderOf(ledger)).toMatchObject({ owner: 'u' });
  });

  test('the user that a service order shows does not become its owner if a create names another one', async () => {
    const ledger = await database.openLedger();
    const { id } = await acquire(ledger, { product: 'SERVICE_ORDER', owner: 'creator' });
    await seeService(ledger, { ...ACCEPTED, user: 'u' });
    expect(await orderOf(ledger)).toMatchObject({ owner: null });
    await seeService(ledger, { ...COMPLETED, user: 'u' });
    expect(await orderOf(ledger)).toMatchObject({ owner: null });
    await finish(ledger, id);
    await seeService(ledger, { ...CREATED, owner: 'creator' });
    expect(await orderOf(ledger)).toMatchObject({ owner: 'creator', status: 'COMPLETED' });
  });

  test('the same number under the other product has an order, events, intents and a notification of its own', async () => {
    const ledger = await database.openLedger();
    const one = await acquire(ledger, { product: 'PAY_AFTER', canonical: '{"a":1}' });
    const other = await acquire(ledger, { product: 'SERVICE_ORDER', canonical: '{"b":1}' });
    expect([one.repeated, other.repeated]).toEqual([false, false]);
    await see(ledger, { state: 'FINISHED', totalAmount: 100 });
    expect(await seeService(ledger, { ...CREATED, appid: 'wx0000000000000001' })).toEqual({
      outcome: 'applied',
    });
    await finish(ledger, one.id);
    const intents = await ledger.store.db
      .selectFrom('intents')
      .select(['product', 'status'])
      .orderBy('product')
      .execute();
    expect(intents).toEqual([
      { product: 'PAY_AFTER', status: 'done' },
      { product: 'SERVICE_ORDER', status: 'open' },
    ]);
    const page = { outOrderNo: 'N1', first: 9, after: 0 };
    const [payAfter, service] = await ledger.listEvents([
      { ...page, product: 'PAY_AFTER' },
      { ...page, product: 'SERVICE_ORDER' },
    ]);
    expect(payAfter?.rows).toMatchObject([{ product: 'PAY_AFTER', status: 'COMPLETED' }]);
    expect(service?.rows).toMatchObject([{ product: 'SERVICE_ORDER', status: 'CREATED' }]);
  });
});
