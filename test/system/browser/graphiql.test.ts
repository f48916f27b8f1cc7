import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  launchBrowser,
  updateScreenshot,
  type WatchedBrowser,
} from '../../fixtures/browser/browser.ts';
import { openGraphiql, TABS } from '../../fixtures/browser/graphiql-page.ts';
import { root, type SpawnedServer, spawnServer } from '../../fixtures/process/spawned-server.ts';

const SCREENSHOT = join(root, 'docs/graphiql.png');

let server: SpawnedServer;
let browser: WatchedBrowser;

beforeAll(async () => {
  [server, browser] = await Promise.all([spawnServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  expect(await server?.stop()).toBe(0);
});

test('a new user takes an order through GraphiQL, without any other host', async () => {
  const page = await browser.newPage({ width: 1280, height: 800 });
  const { tabNames, open, shown, run } = await openGraphiql(page, server.url);
  await expect.poll(tabNames).toEqual(TABS);

  await open('UserState');
  expect(await shown('Variables')).toContain('"openid"');
  expect(await run()).toContain('"useServiceState":"AVAILABLE"');

  await open('CreateOrder');
  expect(await shown('Variables')).toContain('"outOrderNo"');
  const created = await run();
  expect(created).toMatch(/"orderId":"\d{24}"/);
  const [outOrderNo = ''] = /DEMO-\w+/.exec(created) ?? [];
  await page.mouse.move(0, 0);
  await updateScreenshot(page, SCREENSHOT);
  expect(await run(), 'the same order again, as the tab promises').toBe(created);

  await open('Order');
  expect(await shown('Variables')).toContain('"outOrderNo"');
  expect(await run()).toContain('"state":"CREATED"');

  await open('CompleteOrder');
  expect(await run(), 'nobody has confirmed it').toContain('"__typename":"OrderStateError"');

  const confirm = `${server.sandbox}/sandbox/orders/${outOrderNo}/confirm`;
  expect((await fetch(confirm, { method: 'POST' })).status).toBe(200);
  await open('Order');
  expect(await run()).toContain('"state":"USER_ACCEPTED"');

  await open('Orders');
  expect(await run()).toContain(`"outOrderNo":"${outOrderNo}"`);
});

test('a new user takes a service order through GraphiQL, after the pay-after order', async () => {
  const page = await browser.newPage({ width: 1280, height: 800 });
  const { open, run } = await openGraphiql(page, server.url);
  // A user who pays when the test says so.
  await rule({ payDelaySeconds: null });
  await open('CreateServiceOrder');
  const created = await run();
  expect(created).toContain('"state":"CREATED"');
  const [outOrderNo = ''] = /DEMO-\w+/.exec(created) ?? [];
  await open('CompleteServiceOrder');
  expect(await run(), 'nobody has confirmed it').toContain('"__typename":"OrderStateError"');

  await control(`${outOrderNo}/confirm`);
  await open('ServiceOrder');
  expect(await run()).toContain('"status":"ACCEPTED"');
  await open('CompleteServiceOrder');
  expect(await run()).toContain('"totalAmount":300');
  await open('ModifyServiceOrder');
  expect(await run()).toContain('"totalAmount":200');
  await open('CollectServiceOrder');
  expect(await run()).toContain('"__typename":"CollectServiceOrderPayload"');
  await control(`${outOrderNo}/pay`);
  await open('ServiceOrder');
  expect(await run()).toContain('"status":"PAID"');
  await open('CollectServiceOrder');
  expect(await run(), 'it is paid').toContain('"orderStatus":"PAID"');
  await rule({ payDelaySeconds: 5 });
});

test('a new user cancels a service order after a reload, as the tab says', async () => {
  const page = await browser.newPage({ width: 1280, height: 800 });
  const { open, run } = await openGraphiql(page, server.url);
  await open('CreateServiceOrder');
  expect(await run()).toContain('"state":"CREATED"');
  await open('CancelServiceOrder');
  expect(await run()).toContain('"status":"CANCELED"');
});

/** The user of a service order, in the sandbox. */
async function control(path: string): Promise<void> {
  const url = `${server.sandbox}/sandbox/service-orders/${path}`;
  expect((await fetch(url, { method: 'POST' })).status).toBe(200);
}

async function rule(rules: object): Promise<void> {
  const url = `${server.sandbox}/sandbox/rules`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(rules);
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
}

test('GraphiQL requests nothing from another host, and the console has no errors', () => {
  expect(browser.outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});
