import { afterAll, beforeAll, expect, test } from 'vitest';
import { handleNotification } from '../../../src/orders/notifications/handle-notification.ts';
import { eventsOf, orderOf, see } from '../../fixtures/ledger/observations.ts';
import { openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce } from '../../fixtures/orders/reconcile.ts';
import { startUpstream, type Upstream } from '../../fixtures/orders/services.ts';
import { type Received, startReceiver } from '../../fixtures/sandbox/receiver.ts';
import { aServiceOrder } from '../../fixtures/wechat/service-orders.ts';

const HOUR_S = 3_600;

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let upstream: Upstream;
let aheadMs = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  upstream = await startUpstream({ notifyUrl: receiver.url });
});
afterAll(async () => {
  await upstream.close();
  receiver.close();
});

/** An order at WeChat Pay, taken to its end by `after`, which is called with each step that is done. */
async function live(outOrderNo: string, after: () => Promise<unknown>): Promise<void> {
  const { wechat, ids, control } = upstream;
  const { serviceOrders } = wechat;
  const user = (step: string) => control('POST', `service-orders/${outOrderNo}/${step}`);
  const payments = (amount: number) => ({
    ...{ ...ids, outOrderNo, totalAmount: amount },
    postPayments: [{ name: '房费', amount }],
  });
  await serviceOrders.create.send(aServiceOrder({ ...ids, outOrderNo }));
  await after();
  await user('confirm');
  await after();
  await control('POST', 'clock', { advanceSeconds: HOUR_S });
  aheadMs += HOUR_S * 1_000;
  const endTime = new Date(Date.now() + aheadMs - 60_000).toISOString().replace(/\.\d+/, '');
  await serviceOrders.complete.send({ ...payments(450), timeRange: { endTime } });
  await after();
  await serviceOrders.modify.send({ ...payments(300), reason: '少收' });
  await after();
  await user('pay');
  await after();
}

async function changesOf(ledger: TestLedger): Promise<readonly string[]> {
  return (await eventsOf(ledger)).map(({ type, status }) => `${type} ${status}`);
}

const PAID = { status: 'PAID', state_raw: 'DONE', total_amount: 300, paid_amount: 300 };

test('the reconciler follows a service order without webhooks at WeChat Pay from its create until it is paid', async () => {
  let nowMs = Date.now();
  const ledger = await openTestLedger({ now: () => nowMs });
  const outOrderNo = 'L1';
  await see(ledger, { product: 'SERVICE_ORDER', outOrderNo, ...upstream.ids });
  await live(outOrderNo, async () => {
    nowMs += 2 * HOUR_S * 1_000;
    await lookOnce(upstream.wechat, ledger);
  });
  expect(await changesOf(ledger)).toEqual([
    'STATUS_CHANGED CREATED',
    'STATUS_CHANGED ACCEPTED',
    'STATUS_CHANGED COMPLETED',
    'AMOUNT_MODIFIED COMPLETED',
    'STATUS_CHANGED PAID',
  ]);
  const order = await orderOf(ledger, outOrderNo);
  expect(order).toMatchObject({ ...PAID, owner: expect.any(String), check_at: null });
  const payments = ledger.store.db.selectFrom('payments').select(['out_order_no', 'amount']);
  expect(await payments.execute()).toEqual([{ out_order_no: outOrderNo, amount: 300 }]);
  await ledger.close();
});

test('webhooks record the confirmation and the payment of a service order without the reconciler', async () => {
  const ledger = await openTestLedger();
  const { wechat } = upstream;
  receiver.reset();
  const outcomes: string[] = [];
  const apply = async ({ headers, text }: Received) => {
    const header = (name: string) => String(headers[name] ?? '');
    const notification = await wechat.readNotification({ header, body: Buffer.from(text) });
    outcomes.push(await handleNotification(ledger, wechat, notification));
  };
  await live('L2', async () => {});
  await expect.poll(() => receiver.received.length).toBe(2);
  for (const received of [...receiver.received, ...receiver.received]) {
    await apply(received);
  }
  expect(outcomes).toEqual(['applied', 'applied', 'applied', 'applied']);
  expect(await changesOf(ledger)).toEqual(['STATUS_CHANGED ACCEPTED', 'STATUS_CHANGED PAID']);
  expect(await orderOf(ledger, 'L2')).toMatchObject(PAID);
  await ledger.close();
});
