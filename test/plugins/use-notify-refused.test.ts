import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { rsaKeys } from '../fixtures/wechat/keys.ts';
import {
  NOW_SECONDS,
  notificationBody,
  notificationOptions,
  OTHER_APIV3_KEY,
  post,
  signedHeaders,
} from '../fixtures/wechat/sdk-notification.ts';

let clientFixture: AppWithClient;
beforeAll(async () => {
  clientFixture = await createAppWithClient({ wechat: notificationOptions() });
});
afterAll(() => clientFixture.close());

const NONE = { orders: 0, events: 0, notifications: 0 };

/** Posts what must be rejected: nothing is written, and nothing of it is returned. */
async function refused(body: string, headers: Readonly<Record<string, string>>) {
  const { status, text } = await post(clientFixture, body, headers);
  expect(await clientFixture.rows()).toEqual(NONE);
  expect(text).toMatch(/^\{"code":"FAIL","message":"(refused|retry)"\}$/);
  expect(clientFixture.log.text()).not.toMatch(/SECRET|ciphertext/);
  return status;
}

const body = notificationBody();
const signed = signedHeaders(body);
const others = rsaKeys();

test.each<[string, string, Readonly<Record<string, string>>]>([
  ['whose body was changed', body.replace('USER_ACCEPTED', 'USER_PAID'), signed],
  ['whose body has a space more', `${body} `, signed],
  ['dated 301 s ago', body, signedHeaders(body, { timestamp: NOW_SECONDS - 301 })],
  ['dated 301 s ahead', body, signedHeaders(body, { timestamp: NOW_SECONDS + 301 })],
  ['signed with another key', body, signedHeaders(body, { privatePem: others.privatePem })],
  ['under an unknown serial', body, signedHeaders(body, { serial: 'PUB_KEY_ID_1' })],
  [
    'with a probe for a signature',
    body,
    { ...signed, 'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${signed['Wechatpay-Signature']}` },
  ],
  ['with an empty signature', body, { ...signed, 'Wechatpay-Signature': '' }],
  ['with a signature that is no Base64', body, { ...signed, 'Wechatpay-Signature': '{}' }],
  ['with a date for a timestamp', body, { ...signed, 'Wechatpay-Timestamp': '2026-11-23' }],
  ['with another nonce', body, { ...signed, 'Wechatpay-Nonce': 'x' }],
  ['that is empty', '', signed],
])('a notification %s is refused with 401', async (_what, sent, headers) => {
  expect(await refused(sent, headers)).toBe(401);
});

test.each(['Timestamp', 'Nonce', 'Signature', 'Serial'])(
  'a notification without Wechatpay-%s is refused with 401',
  async (name) => {
    const { [`Wechatpay-${name}`]: _left, ...rest } = signed;
    expect(await refused(body, rest)).toBe(401);
  },
);

test.each([
  ['no JSON', '{"id":'],
  ['no object', '[]'],
  ['no id', notificationBody({ id: '' })],
  ['no resource', '{"id":"1","event_type":"X"}'],
  ['no ciphertext', '{"id":"1","event_type":"X","resource":{"nonce":"123456789012"}}'],
])('what WeChat has signed but is %s is refused with 400', async (_what, malformed) => {
  expect(await refused(malformed, signedHeaders(malformed))).toBe(400);
});

test.each([
  ['under another APIv3 key', notificationBody({ apiv3Key: OTHER_APIV3_KEY })],
  ['with a ciphertext that was cut', body.replace(/"ciphertext":"[^"]{24}/, '"ciphertext":"')],
  ['with an empty ciphertext', body.replace(/"ciphertext":"[^"]*/, '"ciphertext":"')],
])('a notification of WeChat Pay %s is answered with 5xx', async (_what, sent) => {
  expect(await refused(sent, signedHeaders(sent))).toBe(500);
  expect(clientFixture.log.text()).toContain('WECHAT_APIV3_KEY');
});

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is answered with 405', async (method) => {
  const url = 'http://app/wechat/notify';
  const response = await clientFixture.app.fetch(new Request(url, { method }));
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('POST');
  expect(await clientFixture.rows()).toEqual(NONE);
});
