import { describe, expect, test } from 'vitest';
import { handleNotification } from '../../../src/orders/notifications/handle-notification.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import {
  collected,
  collection,
  eventsOf,
  MCHID,
  orderNotification,
  orderOf,
  see,
  serviceOrderNotification,
} from '../../fixtures/ledger/observations.ts';
import type { TestLedger } from '../../fixtures/ledger/test-ledger.ts';

const MERCHANT = { mchid: MCHID };
const inbox = ({ store }: TestLedger) =>
  store.db.selectFrom('notifications').selectAll().orderBy('id').execute();

describe.each(databases)('a notification, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('a notification is stored in the inbox, the order and the events before the call resolves', async () => {
    const ledger = await database.openLedger();
    const notification = orderNotification('n1', { state: 'USER_ACCEPTED', riskAmount: 900 });
    expect(await handleNotification(ledger, MERCHANT, notification)).toBe('applied');
    const [stored] = await inbox(ledger);
    expect(stored).toMatchObject({ id: 'n1', outcome: 'applied', out_order_no: 'N1' });
    const payload = ledger.encryption
      .decrypt(stored?.payload ?? '', 'notification payload')
      .toString();
    expect(payload).toBe(notification.payload);
    expect(await orderOf(ledger)).toMatchObject({ state: 'USER_ACCEPTED', risk_amount: 900 });
    expect(await eventsOf(ledger)).toMatchObject([{ source: 'NOTIFICATION' }]);
  });

  test('a notification that is repeated under its id changes nothing and returns the same', async () => {
    const ledger = await database.openLedger();
    const notification = orderNotification('n1', { state: 'USER_ACCEPTED' });
    await handleNotification(ledger, MERCHANT, notification);
    const before = [await inbox(ledger), await orderOf(ledger)];
    expect(await handleNotification(ledger, MERCHANT, notification)).toBe('applied');
    // Not even with other content: its id says that it is the same.
    const changed = orderNotification('n1', { state: 'USER_PAID' });
    expect(await handleNotification(ledger, MERCHANT, changed)).toBe('applied');
    expect([await inbox(ledger), await orderOf(ledger)]).toEqual(before);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test('a notification with known content under another id makes no event', async () => {
    const ledger = await database.openLedger();
    await handleNotification(ledger, MERCHANT, orderNotification('n1', { state: 'USER_PAID' }));
    const again = orderNotification('n2', { state: 'USER_PAID' });
    expect(await handleNotification(ledger, MERCHANT, again)).toBe('nothing-new');
    expect(await inbox(ledger)).toHaveLength(2);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test('a late notification makes no event', async () => {
    const ledger = await database.openLedger();
    await handleNotification(ledger, MERCHANT, orderNotification('n1', { state: 'USER_PAID' }));
    const late = orderNotification('n2', { state: 'USER_ACCEPTED' });
    expect(await handleNotification(ledger, MERCHANT, late)).toBe('nothing-new');
    expect(await orderOf(ledger)).toMatchObject({ state: 'USER_PAID' });
  });

  test('a notification of another merchant is suspicious, logged, and not applied', async () => {
    const ledger = await database.openLedger();
    const foreign = orderNotification('n1', { state: 'USER_PAID', mchid: '1900000002' });
    expect(await handleNotification(ledger, MERCHANT, foreign)).toBe('suspicious');
    expect(await inbox(ledger)).toMatchObject([{ outcome: 'suspicious', reason: 'mchid' }]);
    expect(await eventsOf(ledger)).toEqual([]);
    expect(ledger.logged).toEqual(['webhook contradicts the ledger, not applied']);
  });

  test('the line of a notification that contradicts the ledger names its order', async () => {
    const lines: object[] = [];
    const warn = (fields: object) => lines.push(fields);
    const { log, ...ledger } = await database.openLedger();
    const foreign = orderNotification('n1', { state: 'USER_PAID', mchid: '1900000002' });
    await handleNotification({ ...ledger, log: { ...log, warn } }, MERCHANT, foreign);
    expect(lines).toMatchObject([
      { product: 'PAY_AFTER', outOrderNo: 'N1', notification: 'n1', reason: 'mchid' },
    ]);
  });

  test('a suspicious notification does not prevent the true one', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'FINISHED', totalAmount: 100 });
    const wrong = orderNotification('n1', { state: 'USER_PAID', totalAmount: 1 });
    expect(await handleNotification(ledger, MERCHANT, wrong)).toBe('suspicious');
    expect(await orderOf(ledger)).toMatchObject({ state: 'FINISHED' });
    const right = orderNotification('n2', { state: 'USER_PAID', totalAmount: 100 });
    expect(await handleNotification(ledger, MERCHANT, right)).toBe('applied');
    expect(await orderOf(ledger)).toMatchObject({ state: 'USER_PAID' });
  });

  test('a notification is applied by the state of its order, whatever its type', async () => {
    const ledger = await database.openLedger();
    const notification = {
      ...orderNotification('n1', { state: 'REVOKED' }),
      eventType: 'PAYSCORE.NEW_WORD',
    };
    expect(await handleNotification(ledger, MERCHANT, notification)).toBe('applied');
    expect(await inbox(ledger)).toMatchObject([{ event_type: 'PAYSCORE.NEW_WORD' }]);
    expect(await orderOf(ledger)).toMatchObject({ state: 'REVOKED' });
  });

  test.each(['PAYSCORE.USER_OPEN_SERVICE', 'PAYSCORE.USER_CLOSE_SERVICE', 'PAYSCORE.OTHER'])(
    'a notification without an order is stored: %s',
    async (eventType) => {
      const ledger = await database.openLedger();
      const notification = {
        ...orderNotification('n1', {}),
        eventType,
        order: null,
        payload: '{"x":1}',
      };
      expect(await handleNotification(ledger, MERCHANT, notification)).toBe('kept');
      expect(await inbox(ledger)).toMatchObject([{ event_type: eventType, out_order_no: null }]);
      expect(await eventsOf(ledger)).toEqual([]);
    },
  );

  test('a notification about the service of another merchant is suspicious', async () => {
    const ledger = await database.openLedger();
    const service = {
      appid: 'wx1',
      mchid: '1900000002',
      serviceId: '1',
      openid: null,
      outRequestNo: null,
      authorizationCode: null,
      userServiceStatus: 'USER_OPEN_SERVICE',
      openorcloseTime: null,
    };
    const notification = { ...orderNotification('n1', {}), order: null, service };
    expect(await handleNotification(ledger, MERCHANT, notification)).toBe('suspicious');
    const own = { ...notification, id: 'n2', service: { ...service, mchid: MCHID } };
    expect(await handleNotification(ledger, MERCHANT, own)).toBe('kept');
    expect(ledger.logged).toContain('webhook about the service of a user, stored only');
    expect(await eventsOf(ledger)).toEqual([]);
  });

  test('a notification about a service order is applied to it, with the user as owner and the payments', async () => {
    const ledger = await database.openLedger({ now: () => Date.UTC(2026, 0, 2) });
    const confirmed = serviceOrderNotification('n1', {
      ...{ state: 'DOING', stateDescription: 'USER_CONFIRM', openid: 'o1' },
      // A sample has a total before there is one.
      totalAmount: 40_000,
    });
    expect(await handleNotification(ledger, MERCHANT, confirmed)).toBe('applied');
    const paid = serviceOrderNotification('n2', {
      ...{ state: 'DONE', openid: 'o1', totalAmount: 450 },
      collection: collection({ state: 'USER_PAID', paidAmount: 450, details: [collected()] }),
    });
    expect(await handleNotification(ledger, MERCHANT, paid)).toBe('applied');
    expect(await handleNotification(ledger, MERCHANT, { ...confirmed, id: 'n3' })).toBe(
      'nothing-new',
    );
    expect(await inbox(ledger)).toMatchObject([
      { id: 'n1', product: 'SERVICE_ORDER', out_order_no: 'N1', outcome: 'applied' },
      { id: 'n2', product: 'SERVICE_ORDER', out_order_no: 'N1', outcome: 'applied' },
      { id: 'n3', product: 'SERVICE_ORDER', out_order_no: 'N1', outcome: 'nothing-new' },
    ]);
    expect(await orderOf(ledger)).toMatchObject({
      ...{ product: 'SERVICE_ORDER', status: 'PAID', total_amount: 450, paid_amount: 450 },
      owner: ledger.ownerOf('o1'),
    });
    expect(await eventsOf(ledger)).toMatchObject([
      { status: 'ACCEPTED', occurred_at: Date.UTC(2026, 0, 2) },
      { status: 'PAID', occurred_at: Date.UTC(2026, 0, 1), source: 'NOTIFICATION' },
    ]);
    const payments = ledger.store.db.selectFrom('payments').select(['product', 'transaction_id']);
    expect(await payments.execute()).toEqual([{ product: 'SERVICE_ORDER', transaction_id: '42' }]);
  });

  test('a notification of another merchant about a service order is suspicious', async () => {
    const ledger = await database.openLedger();
    const foreign = serviceOrderNotification('n1', { state: 'DONE', mchid: '1900000002' });
    expect(await handleNotification(ledger, MERCHANT, foreign)).toBe('suspicious');
    expect(await eventsOf(ledger)).toEqual([]);
  });

  test('notifications about the same number under both products are applied to two orders', async () => {
    const ledger = await database.openLedger();
    await handleNotification(ledger, MERCHANT, orderNotification('n1', { state: 'USER_PAID' }));
    const service = serviceOrderNotification('n2', { state: 'REVOKED' });
    expect(await handleNotification(ledger, MERCHANT, service)).toBe('applied');
    const orders = ledger.store.db.selectFrom('orders').select(['product', 'status']);
    expect(await orders.orderBy('product').execute()).toEqual([
      { product: 'PAY_AFTER', status: 'PAID' },
      { product: 'SERVICE_ORDER', status: 'CANCELED' },
    ]);
  });

  test('a notification of a service order in an unknown state is logged with its values', async () => {
    const ledger = await database.openLedger();
    const lines: object[] = [];
    const counted = { warn: (fields: object) => lines.push(fields) };
    const state = { state: 'DOING', stateDescription: 'SOMETHING_NEW' };
    const notification = serviceOrderNotification('n1', state);
    expect(await handleNotification(ledger, { ...MERCHANT, counted }, notification)).toBe(
      'applied',
    );
    expect(lines).toEqual([{ why: 'state', word: 'DOING/SOMETHING_NEW' }]);
  });

  test('a notification has the time of the payment, if it contains one', async () => {
    const ledger = await database.openLedger({ now: () => Date.UTC(2026, 0, 2) });
    const paySuccTime = '2026-01-01T08:00:00+08:00';
    const paid = { state: 'USER_PAID', paySuccTime };
    await handleNotification(ledger, MERCHANT, orderNotification('n1', paid));
    expect(await eventsOf(ledger)).toMatchObject([
      { occurred_at: Date.UTC(2026, 0, 1), received_at: Date.UTC(2026, 0, 2) },
    ]);
  });
});
