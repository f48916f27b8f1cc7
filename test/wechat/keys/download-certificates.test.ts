import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  type CertificateNews,
  createWechatPay,
  type ReceivedNotification,
  UntrustedNotificationError,
  type WechatPayOptions,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { closedPort, readAll, serve, type TestServer } from '../../fixtures/http/http-server.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { anOrder, IDS, PERSONAL } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';

let sandbox: Sandbox;
let receiver: TestServer;
const notifications: ReceivedNotification[] = [];
const open: { close: () => Promise<void> }[] = [];
beforeAll(async () => {
  receiver = await serve(async (request, response) => {
    const body = await readAll(request);
    const header = (name: string) => String(request.headers[name] ?? '');
    notifications.push({ header, body });
    response.end();
  });
  sandbox = await startTestSandbox({
    notifyUrl: `${receiver.url}/`,
    rules: { notifySignedBy: 'certificate' },
  });
});
afterEach(async () => {
  await control('DELETE', 'faults');
  await control('POST', 'rules', { certificates: 'served' });
  await control('DELETE', 'calls');
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await sandbox.close();
  await receiver[Symbol.asyncDispose]();
});

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  return (await fetch(`${sandbox.url}/sandbox/${path}`, init)).json();
}

async function downloads(): Promise<number> {
  const calls = await control('GET', 'calls');
  return JSON.stringify(calls).split('"kind":"certificates"').length - 1;
}

/** The notification of a create under the newest of these serials; older ones may still be on their way. */
async function notificationOf(
  serials: string,
  create: Promise<unknown>,
): Promise<ReceivedNotification> {
  const [newest = ''] = /[0-9A-F]{40}/.exec(serials) ?? [];
  await create;
  for (;;) {
    const notification = notifications.find(({ header }) => header('wechatpay-serial') === newest);
    if (notification !== undefined) {
      return notification;
    }
    await sleep(10);
  }
}

function forge(name: string, value: string | null): string | null {
  return name === 'wechatpay-serial' ? 'F0'.repeat(20) : value;
}

/** A merchant in certificate mode, whose certificates renew themselves. */
function client(changes: Partial<WechatPayOptions> = {}) {
  const { credentials } = sandbox;
  const news: CertificateNews[] = [];
  const wechat = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    apiv3Key: credentials.WECHAT_APIV3_KEY,
    platformCertificates: 'auto',
    baseUrl: credentials.WECHAT_BASE_URL,
    timeoutMs: 3_000,
    onCertificates: (one) => news.push(one),
    ...changes,
  });
  open.push(wechat);
  return { wechat, news };
}

const order = () => anOrder({ ...PERSONAL, needUserConfirm: false, openid: 'oUser' });
const publicKey = () => ({
  publicKeyId: sandbox.credentials.WECHAT_PUBLIC_KEY_ID,
  publicKey: sandbox.credentials.WECHAT_PUBLIC_KEY,
});

describe('certificates that are downloaded', () => {
  test('downloaded certificates verify responses and encrypt personal data', async () => {
    const { wechat, news } = client();
    await wechat.ready();
    await expect(wechat.createPayAfterOrder(order())).resolves.toBeDefined();
    expect(news).toEqual([{ kind: 'changed', serials: [expect.stringMatching(/^[0-9A-F]{40}$/)] }]);
  });

  test('a query that comes before the certificates waits for them within its deadline', async () => {
    const { wechat } = client();
    const query = { ...IDS, outOrderNo: 'nobody' };
    await expect(wechat.queryPayAfterOrder(query)).resolves.toBeNull();
    expect(await downloads()).toBe(1);
  });

  test('downloaded certificates are downloaded again when the keys are reloaded', async () => {
    const { wechat, news } = client();
    await wechat.ready();
    await control('POST', 'platform-certificate');
    const { WECHAT_MERCHANT_SERIAL, WECHAT_MERCHANT_KEY } = sandbox.credentials;
    wechat.useKeys({
      merchantSerial: WECHAT_MERCHANT_SERIAL,
      merchantKey: WECHAT_MERCHANT_KEY,
    });
    await expect.poll(() => news.map(({ kind }) => kind)).toEqual(['changed', 'changed']);
  });

  test('downloaded certificates are decrypted with the previous APIv3 key too', async () => {
    const apiv3Key = randomBytes(16).toString('hex');
    const { wechat } = client({
      apiv3Key,
      apiv3KeyPrevious: sandbox.credentials.WECHAT_APIV3_KEY,
    });
    await wechat.ready();
    await expect(wechat.createPayAfterOrder(order())).resolves.toBeDefined();
  });

  test('certificates are downloaded again when a notification names another one, at most once a minute', async () => {
    const { wechat, news } = client();
    await wechat.ready();
    const rotated = JSON.stringify(await control('POST', 'platform-certificate'));
    const notification = await notificationOf(rotated, wechat.createPayAfterOrder(order()));
    await expect(wechat.readNotification(notification)).rejects.toBeInstanceOf(
      UntrustedNotificationError,
    );
    expect([news.length, await downloads()]).toEqual([1, 1]);

    const began = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => began() + 61_000);
    const forged = {
      ...notification,
      header: (name: string) => forge(name, notification.header(name)),
    };
    const read = await Promise.allSettled([
      wechat.readNotification(notification),
      wechat.readNotification(notification),
      ...Array.from({ length: 20 }, () => wechat.readNotification(forged)),
    ]);
    vi.restoreAllMocks();
    expect(read.map(({ status }) => status === 'fulfilled')).toEqual([
      ...[true, true],
      ...Array.from({ length: 20 }, () => false),
    ]);
    expect([news.length, await downloads()]).toEqual([2, 2]);
  });

  test('downloaded certificates are used together with a public key, whose id every call names', async () => {
    const { wechat } = client(publicKey());
    await wechat.ready();
    await expect(wechat.createPayAfterOrder(order())).resolves.toBeDefined();
  });
});

describe('certificates that are unavailable', () => {
  const unavailable = async (wechat: ReturnType<typeof client>['wechat']) => {
    await control('DELETE', 'calls');
    expect(await failureOf(wechat.createPayAfterOrder(order()))).toMatchObject({
      name: 'WechatUnavailableError',
      retryAfterSeconds: 2,
    });
    const query = wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'A' });
    expect(await failureOf(query)).toBeInstanceOf(WechatUnavailableError);
    expect(await control('GET', 'calls')).toEqual([]);
  };

  test('if the merchant has no certificates, calls fail before they are sent and the client continues', async () => {
    await control('POST', 'rules', { certificates: 'none' });
    const { wechat, news } = client();
    await wechat.ready();
    await unavailable(wechat);
    expect(news).toEqual([
      { kind: 'failed', problem: expect.stringMatching(/set WeChat Pay's public key/) },
    ]);
  });

  test('unavailable certificates do no harm if there is a public key', async () => {
    await control('POST', 'rules', { certificates: 'none' });
    const { wechat } = client(publicKey());
    await expect(wechat.createPayAfterOrder(order())).resolves.toBeDefined();
  });

  test('certificates under another APIv3 key are unavailable', async () => {
    const { wechat, news } = client({ apiv3Key: 'x'.repeat(32) });
    await wechat.ready();
    await unavailable(wechat);
    expect(news).toMatchObject([{ problem: expect.stringMatching(/check the APIv3 key/) }]);
  });

  test.each(['wrong-signature', 'unsigned', 'stale', 'other-body'])(
    'certificates in a response that is %s are not used',
    async (fault) => {
      await control('POST', 'faults', { on: 'certificates', fault, times: null });
      const { wechat, news } = client();
      await wechat.ready();
      await unavailable(wechat);
      expect(news).toMatchObject([{ kind: 'failed' }]);
    },
  );

  test('the start does not wait for a download without a response', async () => {
    const { wechat, news } = client({ baseUrl: await closedPort() });
    await wechat.ready();
    expect(news).toMatchObject([{ problem: 'WeChat Pay did not respond (not-sent).' }]);
    const error = await failureOf(wechat.createPayAfterOrder(order()));
    expect(error).toBeInstanceOf(WechatUnavailableError);
  });
});
