import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  launchBrowser,
  updateScreenshot,
  type WatchedBrowser,
} from '../../fixtures/browser/browser.ts';
import { openGraphiql } from '../../fixtures/browser/graphiql-page.ts';
import { root, type SpawnedServer, spawnServer } from '../../fixtures/process/spawned-server.ts';

const SCREENSHOT = join(root, 'docs/graphiql.png');
const TABS = ['UserState', 'CreateOrder', 'Events', 'Order', 'CompleteOrder', 'Orders'];

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

test('GraphiQL requests nothing from another host, and the console has no errors', () => {
  expect(browser.outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});
