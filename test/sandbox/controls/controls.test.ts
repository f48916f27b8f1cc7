import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import { createMerchant, type Merchant, ORDERS, send } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => sandbox.close());

describe('the credentials', () => {
  test('the credentials have the names of the variables that the gateway reads', async () => {
    const { json } = await merchant.control('GET', '/sandbox/credentials');
    expect(json).toEqual({
      WECHAT_MCHID: expect.stringMatching(/^\d{10}$/),
      WECHAT_APPID: expect.stringMatching(/^wx/),
      WECHAT_SERVICE_ID: expect.stringMatching(/^\d+$/),
      WECHAT_MERCHANT_SERIAL: expect.stringMatching(/^[0-9A-F]{40}$/),
      WECHAT_MERCHANT_KEY: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n/),
      WECHAT_APIV3_KEY: expect.stringMatching(/^.{32}$/),
      WECHAT_APIV2_KEY: expect.stringMatching(/^.{32}$/),
      WECHAT_PUBLIC_KEY_ID: expect.stringMatching(/^PUB_KEY_ID_\d+$/),
      WECHAT_PUBLIC_KEY: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n/),
      WECHAT_BASE_URL: sandbox.url,
      'apiclient_cert.pem': expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    });
    expect(json).toEqual(sandbox.credentials);
  });

  test.each([
    { host: 'attacker.example' },
    { host: '127.0.0.1.attacker.example' },
    { origin: 'https://attacker.example' },
    { origin: 'null' },
  ])('the credentials are refused to a page of another host: %o', async (headers) => {
    const { status, text } = await merchant.control(
      'GET',
      '/sandbox/credentials',
      undefined,
      headers,
    );
    expect(status).toBe(403);
    expect(text).not.toContain('PRIVATE KEY');
  });

  test.each([
    { host: 'localhost:4010' },
    { host: '[::1]:4010' },
    { origin: 'http://localhost:3000' },
  ])('the credentials are given to this machine: %o', async (headers) => {
    const { status } = await merchant.control('GET', '/sandbox/credentials', undefined, headers);
    expect(status).toBe(200);
  });
});

describe('the log of calls', () => {
  test('the log of calls lists calls and responses, without personal data', async () => {
    await merchant.control('DELETE', '/sandbox/calls');
    const body = merchant.order();
    await merchant.call('POST', ORDERS, { body, nonce: 'NONCE1' });
    await merchant.query({ out_order_no: 'NOBODY' });
    await merchant.control('POST', '/sandbox/faults', { on: 'any', fault: 'reset-before' });
    await merchant.call('GET', '/v3/certificates').catch(() => undefined);

    const { text } = await merchant.control('GET', '/sandbox/calls');
    expect(JSON.parse(text)).toEqual([
      {
        method: 'POST',
        path: ORDERS,
        kind: 'create',
        nonce: 'NONCE1',
        bodySha256: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
        status: 200,
        fault: null,
        atMs: expect.any(Number),
      },
      expect.objectContaining({ method: 'GET', path: ORDERS, kind: 'query', status: 404 }),
      expect.objectContaining({ kind: 'certificates', status: 'none', fault: 'reset-before' }),
    ]);
  });

  test('the log of calls can be cleared', async () => {
    expect((await merchant.control('DELETE', '/sandbox/calls')).text).toBe('[]\n');
  });
});

describe('the rules', () => {
  test('change one by one, and wrong ones change nothing', async () => {
    const set = (body: unknown) => merchant.control('POST', '/sandbox/rules', body);
    expect((await set({ payBeforeComplete: false })).json).toMatchObject({
      payBeforeComplete: false,
      reencryptedFieldsDiffer: false,
    });
    const wrongValue = await set({ payBeforeComplete: true, certificates: 'some' });
    expect([wrongValue.status, wrongValue.json['error']]).toEqual([
      400,
      'certificates is one of ["served","none"]',
    ]);
    expect((await set({ noSuchRule: true })).json['error']).toContain('the rules are reencrypted');
    const { json } = await merchant.control('GET', '/sandbox/rules');
    expect(json['payBeforeComplete']).toBe(false);
  });

  test('the rules can be given at the start', async () => {
    const own = await startTestSandbox({ rules: { certificates: 'none' } });
    const { json } = await createMerchant(own.credentials).control('GET', '/sandbox/rules');
    await own.close();
    expect(json['certificates']).toBe('none');
  });
});

test.each([
  ['/sandbox/clock', 'not JSON', 'expected JSON, for example {"advanceSeconds":3600}'],
  ['/sandbox/clock', '{"advanceSeconds":-1}', 'advanceSeconds is a whole number from 0'],
  ['/sandbox/clock', '{"advance":1}', 'advanceSeconds is a whole number'],
  ['/sandbox/users/o1', '{"useServiceState":"YES"}', 'one of AVAILABLE, UNAVAILABLE'],
  ['/sandbox/rules', '[]', 'expected a JSON object'],
  ['/sandbox/faults', '', 'expected JSON, for example {"on":"create"'],
])('%s says what it expects instead of %s', async (path, body, message) => {
  const { status, json } = await send('POST', `${sandbox.url}${path}`, body, {});
  expect(status).toBe(400);
  expect(json['error']).toContain(message);
});

test('a control that does not exist is 404, a wrong method 405', async () => {
  expect((await merchant.control('GET', '/sandbox/nothing')).status).toBe(404);
  expect((await merchant.control('GET', '/sandbox/orders/%zz/confirm')).status).toBe(404);
  expect((await merchant.control('DELETE', '/sandbox/credentials')).status).toBe(405);
});

test('the page at /sandbox lists every endpoint and control, in both languages', async () => {
  const { text, headers } = await merchant.control('GET', '/sandbox');
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(text).toContain('<html lang="zh-CN">');
  for (const path of [ORDERS, `${ORDERS}/{out_order_no}/complete`, '/sandbox/credentials']) {
    expect(text).toContain(path);
  }
});

test('the page at /sandbox has every rule as an input with its value, and marks those that differ', async () => {
  const own = await startTestSandbox({ rules: { riskCap: 500, stateRefusals: 'as-listed' } });
  const { text } = await createMerchant(own.credentials).control('GET', '/sandbox');
  await own.close();
  const names = [...text.matchAll(/data-rule="(\w+)"/g)].map(([, name]) => name);
  expect(names.toSorted()).toEqual(Object.keys(DEFAULT_RULES).toSorted());
  expect(text.match(/class="changed"/g)).toHaveLength(2);
  expect(text).toMatch(/data-rule="riskCap"[^>]*value="500"/);
  expect(text).toContain('<option value="&quot;as-listed&quot;" selected>');
});

test('the page at /sandbox has faults, the clock and the back-off as buttons whose bodies the controls accept', async () => {
  const { text } = await merchant.control('GET', '/sandbox');
  const buttons = [...text.matchAll(/data-call="([^"]*)"\s+data-body="([^"]*)"/g)];
  const statuses = new Map<string, number>();
  for (const [, path = '', body = ''] of buttons) {
    const json: unknown = JSON.parse(body.replaceAll('&quot;', '"'));
    statuses.set(path, (await merchant.control('POST', path, json)).status);
  }
  expect(Object.fromEntries(statuses)).toEqual({
    '/sandbox/clock': 200,
    '/sandbox/faults': 200,
    '/sandbox/notify-schedule': 200,
    '/sandbox/rules': 200,
  });
  await merchant.control('DELETE', '/sandbox/faults');
});
