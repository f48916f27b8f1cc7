import { describe, expect, test } from 'vitest';
import type { OrderStatus } from '../../../src/domain/order-state.ts';
import { PAY_AFTER_ORDERS, SERVICE_ORDERS } from '../../../src/orders/products/products.ts';
import {
  createObservationFilter,
  observationOfServiceOrder,
  plannedOf,
} from '../../../src/orders/state/observation.ts';
import { phaseOf, type ServiceOrder, type ServiceOrderPhase } from '../../../src/wechat/index.ts';
import {
  collected,
  collection,
  eventsOf,
  see,
  shownOrder,
  shownServiceOrder,
} from '../../fixtures/ledger/observations.ts';
import { openTestLedger } from '../../fixtures/ledger/test-ledger.ts';

const NOW = Date.UTC(2026, 1, 1);
const ledger = { now: () => NOW, ownerOf: (openid: string) => `hash of ${openid}` };
const seen = (order: Partial<ServiceOrder>) =>
  observationOfServiceOrder(shownServiceOrder(order), { source: 'QUERY', ledger });

const COMPLETED = { state: 'DOING', stateDescription: 'MCH_COMPLETE', totalAmount: 450 } as const;

const STATUS_OF: Readonly<Record<ServiceOrderPhase, OrderStatus>> = {
  created: 'CREATED',
  accepted: 'ACCEPTED',
  completed: 'COMPLETED',
  done: 'PAID',
  revoked: 'CANCELED',
  expired: 'EXPIRED',
  unknown: 'UNKNOWN',
};

test('the client and the ledger read the same from the values of a service order', () => {
  for (const state of ['CREATED', 'DOING', 'DONE', 'REVOKED', 'EXPIRED', 'OTHER']) {
    for (const stateDescription of [null, '', 'USER_CONFIRM', 'MCH_COMPLETE', 'OTHER']) {
      for (const word of [null, 'USER_PAYING', 'USER_PAID', 'OTHER']) {
        const order = {
          state,
          stateDescription,
          collection: word ? collection({ state: word }) : null,
        };
        const status = STATUS_OF[phaseOf(shownServiceOrder(order))];
        expect(seen(order).status, JSON.stringify(order)).toBe(status);
      }
    }
  }
});

describe('what a service order shows', () => {
  test('an empty description is none', () => {
    expect(seen({ state: 'CREATED', stateDescription: '' })).toMatchObject({
      stateDescriptionRaw: null,
    });
  });

  test('the total counts once the order is completed, and the collection has the one after a modify', () => {
    expect(
      seen({ state: 'DOING', stateDescription: 'USER_CONFIRM', totalAmount: 0 }),
    ).toMatchObject({ totalAmount: null, paidAmount: null });
    expect(seen(COMPLETED)).toMatchObject({ totalAmount: 450, collectionStateRaw: null });
    expect(seen({ ...COMPLETED, collection: collection({ totalAmount: 300 }) })).toMatchObject({
      ...{ totalAmount: 300, paidAmount: null, collectionStateRaw: 'USER_PAYING' },
    });
  });

  test('an order that is done without a collection is paid with 0', () => {
    expect(seen({ state: 'DONE', totalAmount: 0 })).toMatchObject({
      ...{ status: 'PAID', totalAmount: 0, paidAmount: 0, payments: [], occurredAt: NOW },
    });
  });

  test('a response that leaves the collection out does not say what was paid', () => {
    expect(seen({ state: 'DONE', totalAmount: 450, needCollection: true })).toMatchObject({
      ...{ status: 'PAID', totalAmount: 450, paidAmount: null },
    });
  });

  test('an order that is done is paid with its total only if its collection is', () => {
    const amounts = { totalAmount: 450, paidAmount: 100 };
    const done = (word: string) => ({
      state: 'DONE',
      totalAmount: 450,
      collection: collection({ state: word, ...amounts }),
    });
    expect(seen(done('USER_PAID'))).toMatchObject({ paidAmount: 450 });
    // The rest may be paid later.
    expect(seen(done('USER_PAYING'))).toMatchObject({ status: 'PAID', paidAmount: 100 });
    expect(seen(done('OTHER'))).toMatchObject({ status: 'PAID', paidAmount: 100 });
  });

  test('payments are those that have a transaction id, and the last one has the time', () => {
    const details = [
      collected({ amount: 100, transactionId: '41', paidTime: '2026-01-03T08:00:00+08:00' }),
      collected({ amount: 350 }),
      collected({ transactionId: null, paidType: 'MCH', paidTime: null }),
    ];
    const done = { state: 'DONE', collection: collection({ state: 'USER_PAID', details }) };
    expect(seen(done)).toMatchObject({
      paidAmount: 450,
      occurredAt: Date.UTC(2026, 0, 3),
      payments: [
        { transactionId: '41', amount: 100 },
        { transactionId: '42', amount: 350 },
      ],
    });
    // WeChat Pay goes on collecting the rest.
    const partly = { ...COMPLETED, collection: collection({ details }) };
    expect(seen(partly)).toMatchObject({ status: 'COMPLETED', paidAmount: null, occurredAt: NOW });
  });

  test('times and places are planned ones only before the order is under way', () => {
    const times = { startTime: '2026-02-01T10:00:00+08:00', endTime: '2026-02-02' };
    const shown = {
      timeRange: { ...times, startTimeRemark: null, endTimeRemark: null },
      location: { startLocation: '嗨客时尚主题展餐厅', endLocation: null },
    };
    expect(seen(shown).planned).toEqual({ ...times, ...shown.location });
    expect(seen({ ...shown, ...COMPLETED }).planned).toBeNull();
  });

  test('a planned time is in Beijing time, whichever form the create had', () => {
    const timeRange = { startTime: '2026-02-01T02:00:00.000Z', endTime: '20260202' };
    expect(plannedOf({ timeRange, location: undefined })).toEqual({
      startTime: '2026-02-01T10:00:00+08:00',
      endTime: '2026-02-02',
      startLocation: null,
      endLocation: null,
    });
    const onAccept = { timeRange: { startTime: 'OnAccept' }, location: null };
    expect(plannedOf(onAccept)).toMatchObject({ startTime: 'OnAccept', endTime: null });
  });

  test('the user is known by the hash of the openid', () => {
    expect(seen({ openid: 'o1' }).user).toBe('hash of o1');
    expect(seen({}).user).toBeNull();
    expect(JSON.stringify(seen({ openid: 'o1' })).replace('hash of o1', '')).not.toContain('o1');
  });
});

describe('queries of service orders', () => {
  /** A ledger, and how many observations a filter gives it. */
  async function filtered() {
    const opened = await openTestLedger();
    const count = { observed: 0 };
    const counting = {
      ...opened,
      applyObservation: (...given: Parameters<typeof opened.applyObservation>) => {
        count.observed += 1;
        return opened.applyObservation(...given);
      },
    };
    return { opened, count, filter: createObservationFilter(counting) };
  }

  test('a query of a service order that shows no change writes nothing, and one that shows a lower total is recorded', async () => {
    const { opened, count, filter } = await filtered();
    const order = shownServiceOrder({ ...COMPLETED, collection: collection() });
    filter.see(SERVICE_ORDERS, order);
    await opened.idle();
    await expect.poll(() => opened.bus.head()).toBeGreaterThan(0);
    for (let times = 0; times < 5; times += 1) {
      filter.see(SERVICE_ORDERS, order);
    }
    expect(count.observed).toBeLessThanOrEqual(2);
    filter.see(
      SERVICE_ORDERS,
      shownServiceOrder({ ...COMPLETED, collection: collection({ totalAmount: 300 }) }),
    );
    await opened.idle();
    expect(await eventsOf(opened)).toMatchObject([
      { type: 'STATUS_CHANGED', source: 'QUERY' },
      { type: 'AMOUNT_MODIFIED', source: 'QUERY' },
    ]);
    filter.close();
    await opened.close();
  });

  test('the number of a recorded order hides no order of the other product', async () => {
    const { opened, filter } = await filtered();
    await see(opened, { state: 'CREATED' });
    filter.see(PAY_AFTER_ORDERS, shownOrder());
    filter.see(SERVICE_ORDERS, shownServiceOrder());
    await opened.idle();
    const events = await eventsOf(opened);
    expect(events.map(({ product }) => product)).toEqual(['PAY_AFTER', 'SERVICE_ORDER']);
    filter.close();
    await opened.close();
  });
});
