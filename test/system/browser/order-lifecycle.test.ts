import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  launchBrowser,
  updateScreenshot,
  type WatchedBrowser,
} from '../../fixtures/browser/browser.ts';
import { type GraphiqlPage, openGraphiql } from '../../fixtures/browser/graphiql-page.ts';
import { root, type SpawnedServer, spawnServer } from '../../fixtures/process/spawned-server.ts';

const EVENTS_SCREENSHOT = join(root, 'docs/events.png');
const PHONE_SCREENSHOT = join(root, 'docs/phone.png');

let server: SpawnedServer;
let browser: WatchedBrowser;
let listening: GraphiqlPage;
let working: GraphiqlPage;
let phone: Page;

beforeAll(async () => {
  [server, browser] = await Promise.all([spawnServer(), launchBrowser()]);
  listening = await openGraphiql(await browser.newPage({ width: 1280, height: 680 }), server.url);
  working = await openGraphiql(await browser.newPage({ width: 1280, height: 800 }), server.url);
  phone = await browser.newPage({ width: 1280, height: 904 });
});
afterAll(async () => {
  await browser?.close();
  expect(await server?.stop()).toBe(0);
});

test('the subscription in GraphiQL shows an order from its create to its payment', async () => {
  await listening.open('Events');
  await listening.listen();

  await working.open('CreateOrder');
  expect(await working.run()).toContain('"__typename":"CreatePayAfterOrderPayload"');
  await heard('CREATED', 'MUTATION');

  await phone.goto(server.sandbox);
  await phone.getByText('待确认').first().waitFor();
  await phone.getByRole('button', { name: '确认使用' }).click();
  await phone.getByText('服务中').first().waitFor();
  await heard('USER_ACCEPTED', 'NOTIFICATION');

  await working.open('CompleteOrder');
  expect(await working.run()).toContain('"state":"FINISHED"');
  await heard('FINISHED', 'MUTATION');
  await heard('USER_PAID', 'NOTIFICATION');
  await listening.page.mouse.move(0, 0);
  await updateScreenshot(listening.page, EVENTS_SCREENSHOT);

  await working.open('Orders');
  const recorded = await working.run();
  expect([...recorded.matchAll(/"status":"(\w+)","source"/g)].map(([, status]) => status)).toEqual([
    'CREATED',
    'ACCEPTED',
    'COMPLETED',
    'PAID',
  ]);
});

test('the phone page shows payments, pending orders and the notifications of the merchant', async () => {
  await makeOrder('RIDE-7');
  await phone.goto(server.sandbox);
  await phone.getByText('待确认').first().waitFor();
  await phone.getByText('已支付').first().waitFor();
  const notifications = phone.getByRole('region', { name: '通知' });
  expect(await notifications.getByText('200').count()).toBe(2);
  await updateScreenshot(phone, PHONE_SCREENSHOT);
});

test('a service order goes through GraphiQL and the phone page from its create to its payment', async () => {
  await working.open('CreateServiceOrder');
  expect(await working.run()).toContain('"__typename":"CreateServiceOrderPayload"');
  await phone.goto(server.sandbox);
  await phone.getByText('待确认').first().waitFor();
  await phone.getByRole('button', { name: '确认使用' }).click();
  await phone.getByText('服务中').first().waitFor();
  await heard('DOING', 'NOTIFICATION');

  await working.open('CompleteServiceOrder');
  expect(await working.run()).toContain('"status":"COMPLETED"');
  await heard('DONE', 'NOTIFICATION');
  await phone.getByText('支付成功，感谢使用').waitFor();
  await working.open('ServiceOrder');
  expect(await working.run()).toContain('"status":"PAID"');
});

test('the pages request nothing from another host, and the console has no errors', () => {
  expect(browser.outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});

/** Waits until GraphiQL shows this event of the order. */
async function heard(state: string, source: string): Promise<void> {
  await expect
    .poll(() => listening.shown('Result Window'))
    .toContain(`"stateRaw":"${state}","source":"${source}"`);
}

/** As another program would, beside GraphiQL. */
async function makeOrder(outOrderNo: string): Promise<void> {
  const query = `mutation ($input: CreatePayAfterOrderInput!) {
    createPayAfterOrder(input: $input) { __typename } }`;
  const input = {
    outOrderNo,
    serviceIntroduction: '共享单车骑行',
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '深圳湾体育中心',
    riskAmount: 10_000,
    fees: [{ feeName: '骑行费', feeDesc: '每30分钟1.5元' }],
  };
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  expect(await answer.text()).toContain('"CreatePayAfterOrderPayload"');
}
