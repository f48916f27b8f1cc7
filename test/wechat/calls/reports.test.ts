import { expect, test } from 'vitest';
import type { AttemptReport } from '../../../src/wechat/index.ts';
import { anOrder, IDS } from '../../fixtures/wechat/orders.ts';
import { sandboxFixture } from '../../fixtures/wechat/sandbox-client.ts';

const { client, inject } = sandboxFixture();
const ORDERS = '/v3/payscore/payafter-orders';

test('every attempt is reported under a template, with its kind and its time', async () => {
  await inject({ on: 'create', fault: 'reset-after' });
  const reports: AttemptReport[] = [];
  const wechat = client({ onAttempt: (report) => reports.push(report) });
  const order = anOrder({ outOrderNo: `REPORT-${Date.now()}` });
  const { outOrderNo } = order;
  await wechat.createPayAfterOrder(order);
  await wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'nobody' });
  await wechat.cancelPayAfterOrder({ ...IDS, outOrderNo, reason: 'test' });
  await wechat.queryUserServiceState({ ...IDS, openid: 'oSecret' });
  await wechat.request('GET', `${ORDERS}`, { ...IDS }).catch(() => {});

  expect(reports.map(({ endpoint, kind }) => `${endpoint} ${kind}`)).toEqual([
    `POST ${ORDERS} ambiguous`,
    `POST ${ORDERS} done`,
    `GET ${ORDERS} refused`,
    `POST ${ORDERS}/{out_order_no}/cancel done`,
    `GET ${ORDERS} done`,
    'GET /v3/payscore/user-service-state done',
    'GET other refused',
  ]);
  for (const { ms } of reports) {
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThan(3_000);
  }
  expect(JSON.stringify(reports)).not.toMatch(/REPORT-|oSecret/);
});

test('a listener that throws breaks no call', async () => {
  const onAttempt = () => {
    throw new Error('the metrics are down');
  };
  await expect(client({ onAttempt }).createPayAfterOrder(anOrder())).resolves.toBeDefined();
});
