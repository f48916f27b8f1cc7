import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import { beijing } from '../../fixtures/sandbox/beijing.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { decrypted, isAuthentic, startReceiver } from '../../fixtures/sandbox/receiver.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const RULES = { ...DEFAULT_RULES, payDelaySeconds: null };
let sandbox: Sandbox;
let merchant: Merchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ notifyUrl: receiver.url, rules: RULES });
  merchant = createMerchant(sandbox.credentials);
});
beforeEach(async () => {
  await rule(RULES);
  await merchant.control('DELETE', '/sandbox/notifications');
  receiver.reset();
});
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);
const act = (number: string, step: string) =>
  merchant.control('POST', `/sandbox/orders/${number}/${step}`);

/** The notifications that have come, once there are so many. */
async function arrived(count: number) {
  await soon(() => receiver.received.length).toBe(count);
  return receiver.received;
}

async function notification() {
  const [first] = await arrived(1);
  if (!first) {
    throw new Error('nothing has come');
  }
  return first;
}

const payload = async () => decrypted(await notification(), sandbox.credentials.WECHAT_APIV3_KEY);

describe('a notification', () => {
  test('a notification is the envelope of WeChat Pay around the order that a query shows', async () => {
    await merchant.create({ out_order_no: 'CONFIRM' });
    await act('CONFIRM', 'confirm');
    const { json, headers } = await notification();
    expect(json).toEqual({
      id: expect.stringMatching(/^[\w-]{1,36}$/),
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      event_type: 'PAYSCORE.USER_ACCEPTED',
      resource_type: 'encrypt-resource',
      summary: expect.any(String),
      resource: {
        original_type: 'payscore',
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: expect.any(String),
        nonce: expect.stringMatching(/^.{12}$/),
        associated_data: expect.any(String),
      },
    });
    expect(headers['request-id']).toMatch(/-0$/);
    expect(headers['wechatpay-signature-type']).toBe('WECHATPAY2-SHA256-RSA2048');
    const { json: shown } = await merchant.query({ out_order_no: 'CONFIRM' });
    const ticket = { finish_ticket: expect.any(String) };
    expect(await payload()).toEqual({ ...shown, ...ticket });
  });

  test('a notification carries a ticket that completes the order', async () => {
    await merchant.create({ out_order_no: 'TICKET', service_start_time: '20260101100000' });
    await act('TICKET', 'confirm');
    const ticket = String((await payload())['finish_ticket']);
    expect((await merchant.complete({ outOrderNo: 'TICKET', ticket })).status).toBe(200);
  });

  test('a notification is signed by the public key, or by the certificate if the rule says so', async () => {
    const { WECHAT_PUBLIC_KEY, WECHAT_PUBLIC_KEY_ID } = sandbox.credentials;
    await merchant.accepted();
    const byPublicKey = await notification();
    expect(byPublicKey.headers['wechatpay-serial']).toBe(WECHAT_PUBLIC_KEY_ID);
    expect(isAuthentic(byPublicKey, WECHAT_PUBLIC_KEY)).toBe(true);

    receiver.reset();
    await rule({ notifySignedBy: 'certificate' });
    await merchant.accepted();
    const byCertificate = await notification();
    const { text } = await merchant.control('GET', '/sandbox/platform-certificate');
    expect(isAuthentic(byCertificate, text)).toBe(true);

    receiver.reset();
    await rule({ certificates: 'none' });
    await merchant.accepted();
    expect(isAuthentic(await notification(), WECHAT_PUBLIC_KEY)).toBe(true);
  });
});

describe('an order is notified', () => {
  test('a confirmation is notified, with the event_type of the rule', async () => {
    await rule({ confirmEventType: 'PAYSCORE.USER_CONFIRM' });
    await merchant.create({ out_order_no: 'TYPE' });
    await act('TYPE', 'confirm');
    expect((await notification()).json['event_type']).toBe('PAYSCORE.USER_CONFIRM');
  });

  test('a create without confirmation is notified, unless the rule says otherwise', async () => {
    await merchant.accepted();
    expect(await payload()).toMatchObject({ state: 'USER_ACCEPTED' });
    receiver.reset();
    await rule({ notifyAcceptedAtCreate: false });
    await merchant.accepted();
    await merchant.accepted({ out_order_no: 'LATER' });
    await act('LATER', 'pay');
    expect(await payload()).toMatchObject({ out_order_no: 'LATER', state: 'USER_PAID' });
  });

  test('a payment is notified', async () => {
    await rule({ notifyAcceptedAtCreate: false });
    const order = await merchant.accepted();
    await merchant.complete(order);
    await act(order.outOrderNo, 'pay');
    expect((await notification()).json['event_type']).toBe('PAYSCORE.USER_PAID');
    expect(await payload()).toMatchObject({
      out_order_no: order.outOrderNo,
      state: 'USER_PAID',
      finish_type: 2,
      total_amount: 100,
      finish_transaction_id: expect.any(String),
      pay_succ_time: expect.any(String),
    });
  });

  test('a sync is notified, unless the rule says otherwise', async () => {
    await rule({ notifyAcceptedAtCreate: false });
    const orders = [await merchant.accepted(), await merchant.accepted()];
    for (const order of orders) {
      await merchant.complete(order);
    }
    await merchant.control('POST', '/sandbox/clock', { advanceSeconds: 60 });
    await merchant.sync(orders[0]?.outOrderNo ?? '', beijing(50_000));
    expect(await payload()).toMatchObject({ pay_type: 'MchChannelPayType' });
    await rule({ notifyAfterSync: false });
    await merchant.sync(orders[1]?.outOrderNo ?? '', beijing(50_000));
    const { text } = await merchant.control('GET', '/sandbox/notifications');
    expect(JSON.parse(text)).toHaveLength(1);
  });

  test('a cancel, a complete, an expiry and a create are not notified', async () => {
    await rule({ notifyAcceptedAtCreate: false });
    await merchant.complete(await merchant.accepted());
    await merchant.create({ out_order_no: 'QUIET' });
    await merchant.cancel('QUIET');
    await merchant.create({ out_order_no: 'QUIET2' });
    await act('QUIET2', 'expire');
    expect((await merchant.control('GET', '/sandbox/notifications')).text).toBe('[]\n');
  });
});

test.each([
  ['UNAVAILABLE', 'USER_CLOSE_SERVICE'],
  ['AVAILABLE', 'USER_OPEN_SERVICE'],
])('a user who becomes %s is notified, and one who stays so is not', async (state, status) => {
  for (const _twice of [1, 2]) {
    await merchant.control('POST', '/sandbox/users/oSwitch', { useServiceState: state });
  }
  expect((await notification()).json['event_type']).toBe(`PAYSCORE.${status}`);
  expect(await payload()).toEqual({
    appid: sandbox.credentials.WECHAT_APPID,
    mchid: sandbox.credentials.WECHAT_MCHID,
    out_request_no: expect.stringMatching(/^\d+$/),
    service_id: sandbox.credentials.WECHAT_SERVICE_ID,
    openid: 'oSwitch',
    user_service_status: status,
    openorclose_time: expect.stringMatching(/^20\d{12}$/),
  });
  const { text } = await merchant.control('GET', '/sandbox/notifications');
  expect(JSON.parse(text)).toMatchObject([{ out_order_no: null }]);
});

describe('a storm', () => {
  test('a storm sends that many separate notifications, and counts the responses', async () => {
    await merchant.accepted();
    await arrived(1);
    receiver.reset((nth) => (nth % 2 === 0 ? 200 : 500));
    const wanted = { notices: 50, concurrency: 8, distinct: true };
    const { json } = await merchant.control('POST', '/sandbox/storm', wanted);
    expect(json).toEqual({ statuses: { 200: 25, 500: 25 }, ms: expect.any(Number) });
    expect(new Set(receiver.received.map(({ json: body }) => body['id'])).size).toBe(50);
    expect(
      receiver.received.every((one) => isAuthentic(one, sandbox.credentials.WECHAT_PUBLIC_KEY)),
    ).toBe(true);
  });

  test('a storm may be one notification many times', async () => {
    await merchant.accepted();
    await arrived(1);
    receiver.reset();
    await merchant.control('POST', '/sandbox/storm', { notices: 20, distinct: false });
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
    expect(receiver.received).toHaveLength(20);
  });
});

describe('the URL to notify', () => {
  test.each([
    'https://127.0.0.1/notify',
    'http://example.com/notify',
    'http://127.0.0.1.example.com/notify',
    'http://user@127.0.0.1/notify',
    'http://127.0.0.1/notify?a=1',
    'http://127.0.0.1/notify?',
    'http://127.0.0.1/notify#a',
    '/notify',
  ])('the URL for notifications may not be %s', async (url) => {
    const { status, json } = await merchant.control('POST', '/sandbox/notify-url', { url });
    expect([status, json['error']]).toEqual([
      400,
      expect.stringContaining('url must be an http URL on this machine without a query'),
    ]);
    await expect(startTestSandbox({ notifyUrl: url })).rejects.toThrow('url must be an http URL');
  });

  test('the URL for notifications is shown, and without one notifications are only recorded', async () => {
    const show = () => merchant.control('GET', '/sandbox/notify-url');
    expect((await show()).json).toEqual({ url: receiver.url });
    await merchant.control('POST', '/sandbox/notify-url', { url: null });
    expect((await show()).json).toEqual({ url: null });
    await merchant.accepted();
    const { text } = await merchant.control('GET', '/sandbox/notifications');
    const [noted] = JSON.parse(text);
    expect(noted).toMatchObject({ event_type: 'PAYSCORE.USER_ACCEPTED', attempts: [] });
    const resend = () => merchant.control('POST', `/sandbox/notifications/${noted.id}/resend`);
    expect((await resend()).status).toBe(409);
    await merchant.control('POST', '/sandbox/notify-url', { url: receiver.url });
    expect((await resend()).json).toMatchObject({ attempts: [{ status: 204 }] });
    expect((await notification()).json['id']).toBe(noted.id);
  });
});
