import { describe, expect, test } from 'vitest';
import { resolveIntent } from '../../src/ledger/jobs/finish-intent.ts';
import { observationOfPayAfterOrder } from '../../src/orders/state/observation.ts';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire } from '../fixtures/ledger/intended.ts';
import { eventsOf, orderOf, see, shownOrder } from '../fixtures/ledger/observations.ts';
import { BEGINNING, manualClock } from '../fixtures/ledger/test-ledger.ts';

describe.each(databases)('what is seen of an order, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('each observed change of state makes one event', async () => {
    const clock = manualClock(5_000);
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger, { state: 'CREATED', source: 'MUTATION', occurredAt: 4_000 });
    clock.advance(1_000);
    await see(ledger, { state: 'USER_PAID', source: 'NOTIFICATION', occurredAt: 4_500 });
    expect(await eventsOf(ledger)).toMatchObject([
      {
        id: 5_000,
        state: 'CREATED',
        previous_state: null,
        source: 'MUTATION',
        occurred_at: 4_000,
        received_at: 5_000,
      },
      {
        id: 6_000,
        state: 'USER_PAID',
        previous_state: 'CREATED',
        source: 'NOTIFICATION',
        occurred_at: 4_500,
        received_at: 6_000,
      },
    ]);
    expect(await orderOf(ledger)).toMatchObject({
      state: 'USER_PAID',
      created_at: 5_000,
      status_since: 6_000,
      last_event_id: 6_000,
      check_at: null,
    });
  });

  test.each([
    ['seen again', {}],
    ['late', { state: 'CREATED' }],
  ])('an observation that is %s changes nothing', async (_what, changes) => {
    const ledger = await database.openLedger();
    const known = { state: 'USER_ACCEPTED', riskAmount: 900, owner: 'o' };
    await see(ledger, known);
    const before = await orderOf(ledger);
    expect(await see(ledger, { ...known, ...changes })).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toEqual(before);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test.each([
    ['another appid', { appid: 'wx2' }, 'appid'],
    ['another service', { serviceId: '2' }, 'service_id'],
    ['another risk amount', { riskAmount: 901 }, 'risk_amount'],
    ['another total', { totalAmount: 101 }, 'total_amount'],
    ['a state it can not get to', { state: 'EXPIRED' }, 'state from FINISHED to EXPIRED'],
  ])(
    'an observation that has %s is suspicious and changes nothing',
    async (_what, changes, reason) => {
      const ledger = await database.openLedger();
      const known = { state: 'FINISHED', riskAmount: 900, totalAmount: 100 };
      await see(ledger, known);
      const before = await orderOf(ledger);
      const later = { ...known, state: 'USER_PAID', ...changes };
      expect(await see(ledger, later)).toEqual({ outcome: 'suspicious', reason });
      expect(await orderOf(ledger)).toEqual({ ...before, conflict_at: expect.any(Number) });
      expect(await eventsOf(ledger)).toHaveLength(1);
    },
  );

  test('a total of 0 from before the completion contradicts nothing', async () => {
    const ledger = await database.openLedger();
    const shown = (state: string, totalAmount: number) =>
      ledger.applyObservation(
        observationOfPayAfterOrder(shownOrder({ state, totalAmount }), { source: 'QUERY', ledger }),
      );
    await shown('USER_ACCEPTED', 0);
    expect(await shown('FINISHED', 450)).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ state: 'FINISHED', total_amount: 450 });
    expect(await shown('USER_PAID', 451)).toMatchObject({ outcome: 'suspicious' });
  });

  test('an observation may belong to any intent of its number, because an earlier one may never have arrived', async () => {
    const ledger = await database.openLedger();
    const { store, now } = ledger;
    const { id, lease } = await acquire(ledger, { appid: 'wx1' });
    expect(await see(ledger)).toEqual({ outcome: 'suspicious', reason: 'appid or service_id' });
    await store.write((tx) => resolveIntent(tx, { id, lease, status: 'absent' }, now()));
    await acquire(ledger, { canonical: '{"corrected":1}' });
    expect(await see(ledger)).toEqual({ outcome: 'applied' });
  });

  test('an unknown amount of 0 contradicts nothing', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'FINISHED', totalAmount: 0 });
    const paid = await see(ledger, { state: 'USER_PAID', totalAmount: null });
    expect(paid).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ total_amount: 0 });
  });

  test('an observation may precede the response to the create, which adds owner and amount', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'USER_ACCEPTED', source: 'NOTIFICATION' });
    const answer = { state: 'CREATED', source: 'MUTATION', owner: 'o', riskAmount: 900 } as const;
    expect(await see(ledger, answer)).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toMatchObject({
      state: 'USER_ACCEPTED',
      owner: 'o',
      risk_amount: 900,
    });
  });

  test('an owner that becomes known later is added to all events of the order', async () => {
    const ledger = await database.openLedger({ now: BEGINNING });
    const own = { kind: 'own', owner: 'o' } as const;
    const eventsOfOwner = async () =>
      (await ledger.eventsAfter({ cursor: 0, visibility: own, limit: 9 })).map(({ id }) => id);
    await see(ledger, { state: 'CREATED' });
    await see(ledger, { state: 'USER_ACCEPTED' });
    await see(ledger, { outOrderNo: 'N2', state: 'CREATED', owner: 'o' });
    expect(await eventsOfOwner()).toEqual([3]);
    await see(ledger, { state: 'USER_ACCEPTED', owner: 'o' });
    expect(await eventsOfOwner()).toEqual([1, 2, 3]);
    await see(ledger, { state: 'FINISHED' });
    expect(await eventsOfOwner()).toEqual([1, 2, 3, 4]);
  });

  test('the same number under two products is two orders', async () => {
    const ledger = await database.openLedger({ now: BEGINNING });
    await see(ledger, { product: 'PAY_AFTER', state: 'FINISHED', totalAmount: 100 });
    const other = { product: 'SERVICE_ORDER', state: 'CREATED', owner: 'o' } as const;
    expect(await see(ledger, other)).toEqual({ outcome: 'applied' });
    const rows = await ledger.store.db
      .selectFrom('orders')
      .select(['product', 'status', 'owner', 'last_event_id'])
      .orderBy('product')
      .execute();
    expect(rows).toEqual([
      { product: 'PAY_AFTER', status: 'COMPLETED', owner: null, last_event_id: 1 },
      { product: 'SERVICE_ORDER', status: 'CREATED', owner: 'o', last_event_id: 2 },
    ]);
    const page = { outOrderNo: 'N1', first: 9, after: 0 };
    const [own] = await ledger.listEvents([{ ...page, product: 'SERVICE_ORDER' }]);
    expect(own?.rows).toHaveLength(1);
  });

  test('an order keeps the plan of its create, with its places encrypted, and every payment', async () => {
    const ledger = await database.openLedger();
    const times = { startTime: '20260101100000', endTime: '20260101120000' };
    const planned = { ...times, startLocation: '嗨客时尚主题展餐厅', endLocation: null };
    const payments = [{ transactionId: '42', amount: 100 }];
    await see(ledger, { state: 'CREATED', planned, serviceIntroduction: '充电宝' });
    await see(ledger, {
      ...{ state: 'USER_PAID', totalAmount: 100, paidAmount: 100, payments },
      planned: { ...planned, startTime: '20270101100000' },
    });
    await see(ledger, { state: 'USER_PAID', payments });
    const order = await orderOf(ledger);
    expect(order).toMatchObject({
      service_introduction: '充电宝',
      planned_start_time: times.startTime,
      planned_end_time: times.endTime,
      planned_end_location: null,
      paid_amount: 100,
    });
    const place = order.planned_start_location ?? '';
    expect(ledger.encryption.decrypt(place, 'planned location').toString()).toBe(
      planned.startLocation,
    );
    const recorded = ledger.store.db.selectFrom('payments').select(['transaction_id', 'amount']);
    expect(await recorded.execute()).toEqual([{ transaction_id: '42', amount: 100 }]);
  });

  test('an observation never changes the owner of an order', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { owner: 'first' });
    await see(ledger, { owner: 'second' });
    await see(ledger, { owner: 'second', state: 'USER_ACCEPTED' });
    expect(await orderOf(ledger)).toMatchObject({ owner: 'first', state: 'USER_ACCEPTED' });
  });

  test('a state that this version does not know is stored as it came', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'PARTLY_PAID' });
    await see(ledger, { state: 'CREATED' });
    const unknown = { state: 'UNKNOWN', state_raw: 'PARTLY_PAID' };
    expect(await orderOf(ledger)).toMatchObject(unknown);
    expect(await eventsOf(ledger)).toMatchObject([unknown]);
  });

  test('amounts are stored exactly up to the largest whole number', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { riskAmount: Number.MAX_SAFE_INTEGER });
    expect(await orderOf(ledger)).toMatchObject({ risk_amount: Number.MAX_SAFE_INTEGER });
  });

  test('an unknown state hides earlier known states, and none that come later', async () => {
    const ledger = await database.openLedger();
    for (const state of ['CREATED', 'USER_ACCEPTED', 'PARTLY_DONE']) {
      await see(ledger, { state });
    }
    expect(await see(ledger, { state: 'CREATED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'USER_ACCEPTED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'FINISHED' })).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ state: 'FINISHED' });
    expect(await see(ledger, { state: 'USER_PAID' })).toEqual({ outcome: 'applied' });
  });

  test('an order that is first seen in an unknown state still reaches the known ones', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'PARTLY_DONE' });
    expect(await see(ledger, { state: 'CREATED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'USER_ACCEPTED' })).toEqual({ outcome: 'applied' });
  });
});
