import { sign } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  authorize,
  createNonceStore,
  parseAuthorization,
} from '../../../src/sandbox/wechat/authorization.ts';
import { Refusal } from '../../../src/sandbox/wechat/refusal.ts';
import {
  createMerchant,
  isSignedBy,
  type Merchant,
  ORDERS,
} from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const now = () => Math.floor(Date.now() / 1000);
let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => merchant.control('POST', '/sandbox/rules', { refuseUsedNonces: false }));
afterAll(() => sandbox.close());

const publicKey = () => sandbox.credentials.WECHAT_PUBLIC_KEY;

describe('a call that is not signed as WeChat demands', () => {
  test('a wrongly signed call gets an unsigned echo that ends before the body', async () => {
    const body = merchant.order({ attach: '张三' });
    const timestamp = now();

    const reply = await merchant.call('POST', ORDERS, {
      body,
      signedBody: '{}',
      timestamp,
      nonce: 'N1',
    });

    expect(reply.status).toBe(401);
    expect(reply.json).toEqual({
      code: 'SIGN_ERROR',
      message: '错误的签名,验签失败',
      detail: {
        detail: { issue: 'sign not match' },
        field: 'signature',
        location: 'authorization',
        sign_information: {
          method: 'POST',
          url: ORDERS,
          truncated_sign_message: `POST\n${ORDERS}\n${timestamp}\nN1\n`,
          sign_message_length:
            `POST\n${ORDERS}\n${timestamp}\nN1\n\n`.length +
            Buffer.byteLength(JSON.stringify(body)),
        },
      },
    });
    expect(reply.headers.has('wechatpay-signature')).toBe(false);
    expect(reply.number).toBe('270924332');
  });

  const otherKey = rsaKeys().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  test.each([
    ['another key', { key: otherKey }, '错误的签名,验签失败'],
    ['another serial', { serial: 'A'.repeat(40) }, '商户证书序列号有误。'],
    ['another merchant number', { mchid: '1900000001' }, '商户号有误。'],
    ['no such scheme', { authorization: 'Bearer x' }, 'Http头Authorization值格式错误'],
    [
      'a field missing',
      { authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1230000109"' },
      'Http头Authorization值格式错误',
    ],
    ['a timestamp too old', { timestamp: now() - 320 }, '不得超过5分钟'],
    ['a timestamp too new', { timestamp: now() + 320 }, '不得超过5分钟'],
  ])('a wrongly signed call is refused: %s', async (_case, options, message) => {
    const reply = await merchant.create({}, options);
    expect(reply.status).toBe(401);
    expect(reply.json['message']).toContain(message);
  });

  test('a wrongly signed call has no effect', async () => {
    const outOrderNo = 'UNSIGNED1';
    await merchant.create({ out_order_no: outOrderNo }, { signedBody: '{}' });
    expect((await merchant.query({ out_order_no: outOrderNo })).status).toBe(404);
  });
});

test('a timestamp within five minutes is accepted', async () => {
  expect((await merchant.create({}, { timestamp: now() - 280 })).status).toBe(200);
  expect((await merchant.create({}, { timestamp: now() + 280 })).status).toBe(200);
});

describe('the five minutes are exact to the millisecond', () => {
  const { privateKey, publicKey } = rsaKeys();
  const TIMESTAMP = 1_722_850_421;
  const signature = sign('sha256', Buffer.from(`GET\n/v3/x\n${TIMESTAMP}\nN1\n\n`), privateKey);
  const fields = [
    'mchid="1230000109"',
    'serial_no="A1"',
    'nonce_str="N1"',
    `timestamp="${TIMESTAMP}"`,
    `signature="${signature.toString('base64')}"`,
  ];
  const request = {
    method: 'GET',
    target: '/v3/x',
    authorization: `WECHATPAY2-SHA256-RSA2048 ${fields.join(',')}`,
    body: new Uint8Array(),
  };
  const authorizeAt = (offByMs: number) =>
    authorize(
      request,
      { mchid: '1230000109', serial: 'A1', publicKey },
      TIMESTAMP * 1000 + offByMs,
    );

  test.each([-300_000, 0, 300_000])('a timestamp %d ms off is accepted', (offByMs) => {
    expect(authorizeAt(offByMs)).toBe('N1');
  });

  test.each([-300_001, 300_001, 300_999])('a timestamp %d ms off is refused', (offByMs) => {
    expect(() => authorizeAt(offByMs)).toThrow(Refusal);
  });

  test('a nonce is remembered for as long as its timestamp can be accepted', () => {
    const nonces = createNonceStore();
    expect(nonces.use('N1', 0)).toBe(true);
    expect(nonces.use('N1', 600_000)).toBe(false);
    expect(nonces.use('N1', 600_001)).toBe(true);
  });
});

test('the fields of the Authorization may come in any order', () => {
  const fields = parseAuthorization('WECHATPAY2-SHA256-RSA2048 serial_no="B",mchid="A"');
  expect(fields).toEqual(
    new Map([
      ['serial_no', 'B'],
      ['mchid', 'A'],
    ]),
  );
});

test('a call without Accept or User-Agent is refused', async () => {
  const reply = await merchant.create({}, { bare: true });
  expect(reply.status).toBe(400);
  expect(reply.json).toEqual({
    code: 'INVALID_REQUEST',
    message: 'Http头缺少Accept或User-Agent',
  });
});

test('a nonce may be used again, unless the rule says otherwise', async () => {
  const options = { nonce: 'SAME' };
  expect((await merchant.create({}, options)).status).toBe(200);
  await merchant.control('POST', '/sandbox/rules', { refuseUsedNonces: true });
  expect((await merchant.create({}, options)).status).toBe(200);
  expect((await merchant.create({}, options)).status).toBe(401);
});

describe('an answer', () => {
  test('a response has the headers of WeChat Pay', async () => {
    const { headers } = await merchant.create();
    expect(headers.get('request-id')).toMatch(/^[0-9A-F]+-0$/);
    expect(headers.get('keep-alive')).toBe('timeout=8');
    expect(headers.get('content-language')).toBe('zh-CN');
    expect(headers.get('wechatpay-signature-type')).toBe('WECHATPAY2-SHA256-RSA2048');
    expect(Number(headers.get('wechatpay-timestamp'))).toBeCloseTo(now(), -1);
  });

  test('a 4xx response is signed too, unless the rule says otherwise', async () => {
    const refused = await merchant.query({ out_order_no: 'NOBODY' });
    expect(refused.status).toBe(404);
    expect(isSignedBy(refused, publicKey())).toBe(true);

    await merchant.control('POST', '/sandbox/rules', { signErrors: false });
    const unsigned = await merchant.query({ out_order_no: 'NOBODY' });
    await merchant.control('POST', '/sandbox/rules', { signErrors: true });
    expect(unsigned.headers.has('wechatpay-signature')).toBe(false);
  });
});

test('an unknown path is 404 and a wrong method 405, both signed', async () => {
  const missing = await merchant.call('GET', '/v3/pay/transactions/native');
  expect([missing.status, missing.json['code']]).toEqual([404, 'RESOURCE_NOT_EXISTS']);
  expect(isSignedBy(missing, publicKey())).toBe(true);

  const wrong = await merchant.call('DELETE', ORDERS);
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET']);
  expect(isSignedBy(wrong, publicKey())).toBe(true);
});

test('a body over 1 MB is refused with 413', async () => {
  const reply = await merchant.create({ attach: 'x'.repeat(1024 * 1024) });
  expect(reply.status).toBe(413);
});

test('the serial number of the merchant’s certificate may be in lower case', async () => {
  const serial = sandbox.credentials.WECHAT_MERCHANT_SERIAL.toLowerCase();
  expect((await merchant.create({}, { serial })).status).toBe(200);
});

test('an unknown Wechatpay-Serial is refused everywhere if the rule says so', async () => {
  await merchant.control('POST', '/sandbox/rules', { refuseUnknownSerial: true });
  const reply = await merchant.create({}, { headers: { 'Wechatpay-Serial': 'F'.repeat(40) } });
  await merchant.control('POST', '/sandbox/rules', { refuseUnknownSerial: false });
  expect(reply.json['message']).toBe('平台证书序列号Wechatpay-Serial错误');
});
