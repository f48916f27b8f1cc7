import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  type CertificateNews,
  createWechatPay,
  type WechatPay,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { anOrder } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';

const SIX_YEARS_MS = 6 * 365 * 86_400_000;
let sandbox: Sandbox;
let wechat: WechatPay;
let aheadMs = 0;
const monotonic = performance.now.bind(performance);
const now = () => Date.now() + aheadMs;
const news: CertificateNews[] = [];
beforeAll(async () => {
  sandbox = await startTestSandbox({ now });
  const { credentials } = sandbox;
  wechat = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    apiv3Key: credentials.WECHAT_APIV3_KEY,
    platformCertificates: 'auto',
    baseUrl: credentials.WECHAT_BASE_URL,
    timeoutMs: 6_000,
    now,
    onCertificates: (one) => news.push(one),
  });
  await wechat.ready();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await wechat.close();
  await sandbox.close();
});

const create = () => wechat.createPayAfterOrder(anOrder({ name: '张三' }));

async function control(method: string, path: string): Promise<string> {
  return (await fetch(`${sandbox.url}/sandbox/${path}`, { method })).text();
}

/** A minute has to pass between two downloads. */
function letMinutesPass(minutes: number) {
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + minutes * 61_000);
}

test('an expired certificate does not sign its own download, and nothing else is sent', async () => {
  await expect(create()).resolves.toBeDefined();
  aheadMs = SIX_YEARS_MS;
  await control('DELETE', 'calls');
  letMinutesPass(1);
  expect(await failureOf(wechat.queryPayAfterOrder(anOrder()))).toBeInstanceOf(
    WechatUnavailableError,
  );
  expect(await failureOf(create())).toBeInstanceOf(WechatUnavailableError);
  expect(news).toMatchObject([
    { kind: 'changed' },
    { kind: 'failed', problem: expect.stringContaining('expired-certificate') },
  ]);
  expect(JSON.parse(await control('GET', 'calls'))).toMatchObject([{ kind: 'certificates' }]);
});

test('an expired certificate is replaced by the next download, at most one a minute', async () => {
  await control('POST', 'platform-certificate');
  letMinutesPass(1);
  expect(await failureOf(wechat.queryPayAfterOrder(anOrder()))).toBeInstanceOf(
    WechatUnavailableError,
  );
  expect(news).toHaveLength(2);
  letMinutesPass(2);
  await expect(wechat.queryPayAfterOrder(anOrder())).resolves.toBeNull();
  await expect(create()).resolves.toBeDefined();
  expect(news).toMatchObject([{}, {}, { kind: 'changed' }]);
});

test('a create that finds no valid certificate starts the download for its repeat', async () => {
  aheadMs += SIX_YEARS_MS;
  await control('POST', 'platform-certificate');
  letMinutesPass(3);
  expect(await failureOf(create())).toMatchObject({ retryAfterSeconds: 2 });
  await expect.poll(() => news.length).toBe(4);
  await expect(create()).resolves.toBeDefined();
});
