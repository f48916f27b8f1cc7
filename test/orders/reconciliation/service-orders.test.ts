import { describe, expect, test } from 'vitest';
import type { Intended } from '../../../src/orders/commands/write-types.ts';
import type { ServiceOrder } from '../../../src/wechat/index.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { acquire } from '../../fixtures/ledger/intended.ts';
import {
  collected,
  collection,
  eventsOf,
  orderOf,
  see,
  shownOrder,
  shownServiceOrder,
} from '../../fixtures/ledger/observations.ts';
import { manualClock, openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../../fixtures/orders/reconcile.ts';
import { WHOLE_SERVICE_ORDER_WIRE } from '../../fixtures/wechat/service-orders.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const bytesOf = (body: object) => () => ({
  target: '/v3/payscore/serviceorder',
  body: Buffer.from(JSON.stringify(body)),
  platformSerial: 'S1',
});

const noPayAfterOrders = (): never => {
  throw new Error('The query of the other product.');
};
const queries = (order: (outOrderNo: string) => ServiceOrder | null) =>
  queriesAnswering(noPayAfterOrders, order);

const ACCEPTED = { state: 'DOING', stateDescription: 'USER_CONFIRM' } as const;
const COMPLETED = { state: 'DOING', stateDescription: 'MCH_COMPLETE', totalAmount: 450 } as const;
const COLLECTING = { ...COMPLETED, collection: collection() } as const;
const REVOKED = { state: 'REVOKED' } as const;
const paidBy = (paidType: string) => ({
  state: 'DONE',
  totalAmount: 450,
  collection: collection({ state: 'USER_PAID', details: [collected({ paidType })] }),
});
const TOTAL = { total_amount: 450 };

describe.each(databases)('the reconciler and service orders, on $name', ({ start }) => {
  const database = useDatabase(start);

  /** An intent whose call has ended in nothing, a minute ago. */
  async function openIntent(changes: Partial<Intended> = {}) {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    const { id } = await acquire(ledger, { product: 'SERVICE_ORDER', ...changes });
    clock.advance(MINUTE);
    const query = ledger.store.db.selectFrom('intents').selectAll().where('id', '=', id);
    return { clock, ledger, id, row: () => query.executeTakeFirstOrThrow() };
  }

  test.each<[Intended['operation'], object, Partial<ServiceOrder>, string]>([
    ['complete', TOTAL, COMPLETED, 'done'],
    ['complete', TOTAL, paidBy('NEWTON'), 'done'],
    ['complete', TOTAL, { ...COMPLETED, totalAmount: null }, 'open'],
    ['complete', TOTAL, { ...COMPLETED, totalAmount: 300 }, 'open'],
    ['complete', TOTAL, { ...COMPLETED, totalAmount: 451 }, 'absent'],
    ['complete', TOTAL, ACCEPTED, 'absent'],
    ['complete', TOTAL, { state: 'DOING' }, 'open'],
    ['complete', { total_amount: 0 }, REVOKED, 'open'],
    ['modify', TOTAL, COLLECTING, 'done'],
    ['modify', TOTAL, paidBy('NEWTON'), 'done'],
    ['modify', { total_amount: 300 }, COLLECTING, 'absent'],
    ['modify', TOTAL, COMPLETED, 'open'],
    ['modify', TOTAL, { ...COMPLETED, collection: collection({ totalAmount: 300 }) }, 'absent'],
    ['modify', TOTAL, REVOKED, 'absent'],
    ['cancel', {}, REVOKED, 'done'],
    ['cancel', {}, COLLECTING, 'absent'],
    ['cancel', {}, { state: 'SOMETHING_NEW' }, 'open'],
    ['collect', {}, paidBy('NEWTON'), 'done'],
    ['collect', {}, COLLECTING, 'open'],
    ['collect', {}, ACCEPTED, 'absent'],
    ['sync', {}, paidBy('MCH'), 'done'],
    ['sync', {}, paidBy('NEWTON'), 'absent'],
    ['sync', {}, { state: 'DONE' }, 'open'],
    ['sync', {}, COLLECTING, 'absent'],
  ])('to %s with %j is, where the service order is %j, %s', async (operation, body, shown, is) => {
    const { ledger, row } = await openIntent({ operation, prepare: bytesOf(body) });
    await lookOnce(
      queries(() => shownServiceOrder(shown)),
      ledger,
    );
    expect(await row()).toMatchObject({
      status: is,
      check_at: is === 'open' ? expect.any(Number) : null,
    });
  });

  test('a collect of unknown outcome no longer matters after an hour', async () => {
    const { clock, ledger, row } = await openIntent({ operation: 'collect' });
    clock.advance(60 * MINUTE);
    await lookOnce(
      queries(() => shownServiceOrder(COLLECTING)),
      ledger,
    );
    expect(await row()).toMatchObject({ status: 'absent' });
  });

  test('a create of unknown outcome gives the service order its owner, and the plan that it sent', async () => {
    const { ledger, row } = await openIntent({
      owner: 'creator',
      prepare: bytesOf(WHOLE_SERVICE_ORDER_WIRE),
    });
    const made = shownServiceOrder({
      ...COMPLETED,
      serviceIntroduction: '某某酒店',
      riskFund: { name: 'DEPOSIT', amount: 50_000, description: null },
      timeRange: {
        ...{ startTime: '2027-01-01', endTime: '2027-01-02' },
        ...{ startTimeRemark: null, endTimeRemark: null },
      },
      openid: WHOLE_SERVICE_ORDER_WIRE.openid,
    });
    await lookOnce(
      queries(() => made),
      ledger,
    );
    expect(await row()).toMatchObject({ status: 'done' });
    const order = await orderOf(ledger);
    expect(order).toMatchObject({
      owner: 'creator',
      status: 'COMPLETED',
      planned_start_time: '2099-07-05T17:35:49+08:00',
      planned_end_time: '2099-07-06',
    });
    const place = ledger.encryption.decrypt(order.planned_end_location ?? '', 'planned location');
    expect(place.toString()).toBe('深圳北站');
  });

  test('a create of unknown outcome is refused if the number has another service order', async () => {
    const { ledger, row } = await openIntent({ prepare: bytesOf(WHOLE_SERVICE_ORDER_WIRE) });
    const other = { serviceIntroduction: '另一家', riskFund: null };
    await lookOnce(
      queries(() => shownServiceOrder(other)),
      ledger,
    );
    expect(await row()).toMatchObject({ status: 'refused' });
  });

  test('a change of a service order of which no notification came is found', async () => {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger, { product: 'SERVICE_ORDER' });
    clock.advance(MINUTE);
    await lookOnce(
      queries(() => shownServiceOrder(ACCEPTED)),
      ledger,
    );
    clock.advance(MINUTE);
    await lookOnce(
      queries(() => shownServiceOrder(COLLECTING)),
      ledger,
    );
    clock.advance(10 * MINUTE);
    const lower = { ...COMPLETED, collection: collection({ totalAmount: 300 }) };
    const modified = queries(() => shownServiceOrder(lower));
    await lookOnce(modified, ledger);
    await lookOnce(modified, ledger);
    expect(modified.asked).toEqual(['N1']);
    expect(await eventsOf(ledger)).toMatchObject([
      { status: 'CREATED' },
      { status: 'ACCEPTED', source: 'RECONCILER' },
      { status: 'COMPLETED' },
      { type: 'AMOUNT_MODIFIED', status: 'COMPLETED' },
    ]);
  });

  test('a service order is queried for as long as WeChat Pay collects, also if the queries fail', async () => {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger, {
      product: 'SERVICE_ORDER',
      state: 'DOING',
      stateDescription: 'MCH_COMPLETE',
    });
    clock.advance(400 * DAY);
    await lookOnce(queries(noPayAfterOrders), ledger);
    const { check_at } = await orderOf(ledger);
    expect(check_at).toBeLessThanOrEqual(clock.now() + 1.25 * DAY);
    clock.advance(2 * DAY);
    await lookOnce(
      queries(() => shownServiceOrder(paidBy('NEWTON'))),
      ledger,
    );
    expect(await orderOf(ledger)).toMatchObject({ status: 'PAID', check_at: null });
  });

  test('a service order that stays CREATED is seen to expire after 30 days', async () => {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger, { product: 'SERVICE_ORDER' });
    clock.advance(30 * DAY);
    await lookOnce(
      queries(() => shownServiceOrder()),
      ledger,
    );
    clock.advance(8 * 60 * MINUTE);
    await lookOnce(
      queries(() => shownServiceOrder({ state: 'EXPIRED' })),
      ledger,
    );
    expect(await orderOf(ledger)).toMatchObject({ status: 'EXPIRED', check_at: null });
  });

  test('the same number under both products is queried as two orders', async () => {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger);
    await see(ledger, { product: 'SERVICE_ORDER' });
    clock.advance(MINUTE);
    const wechat = queriesAnswering(
      () => shownOrder({ state: 'USER_PAID' }),
      () => shownServiceOrder(ACCEPTED),
    );
    await lookOnce(wechat, ledger);
    const orders = ledger.store.db.selectFrom('orders').select(['product', 'status']);
    expect(await orders.orderBy('product').execute()).toEqual([
      { product: 'PAY_AFTER', status: 'PAID' },
      { product: 'SERVICE_ORDER', status: 'ACCEPTED' },
    ]);
  });
});

test.each([
  ['PAY_AFTER', 'SERVICE_ORDER'],
  ['SERVICE_ORDER', 'PAY_AFTER'],
] as const)(
  'however many orders of %s are due, an order of %s is queried within a second',
  async (many, few) => {
    const clock = manualClock();
    const ledger = await openTestLedger({ now: clock.now });
    const due = Array.from({ length: 1_200 }, (_, index) =>
      see(ledger, { product: many, outOrderNo: `M${index}` }),
    );
    await Promise.all(due);
    clock.advance(10 * SECOND);
    await see(ledger, { product: few, outOrderNo: 'F' });
    clock.advance(MINUTE);
    const wechat = queriesAnswering(
      (outOrderNo) => shownOrder({ outOrderNo }),
      (outOrderNo) => shownServiceOrder({ outOrderNo }),
    );
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toHaveLength(10);
    expect(wechat.asked).toContain('F');
    await ledger.close();
  },
);
