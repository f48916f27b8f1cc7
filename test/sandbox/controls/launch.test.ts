import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import { signLaunch } from '../../../src/wechat/index.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { createServiceMerchant } from '../../fixtures/sandbox/service-orders.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => merchant.control('POST', '/sandbox/rules', DEFAULT_RULES));
afterAll(() => sandbox.close());

const launch = (businessType: string, extraData: object) =>
  merchant.control('POST', '/sandbox/launch', { businessType, extraData });

/** Signed with the APIv2 key as the server does, or with another key. */
function signed(
  businessType: 'wxpayScoreUse' | 'wxpayScoreDetail' | 'wxpayScoreEnable',
  parameters: Readonly<Record<string, string>>,
  key = sandbox.credentials.WECHAT_APIV2_KEY,
) {
  const all = { mch_id: sandbox.credentials.WECHAT_MCHID, ...parameters };
  return launch(businessType, signLaunch(businessType, all, key, Date.now()).extraData);
}

/** The parameters sorted by name, without empty ones, and the APIv2 key. */
function signatureOf(parameters: Readonly<Record<string, string>>) {
  const key = sandbox.credentials.WECHAT_APIV2_KEY;
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map((pair) => pair.join('='));
  const message = [...pairs.toSorted(), `key=${key}`].join('&');
  return createHmac('sha256', key).update(message).digest('hex').toUpperCase();
}

test('the confirmation page of a pay-after order opens once, by a package that is signed', async () => {
  const { json } = await merchant.create({ out_order_no: 'L1' });
  const parameters = { package: String(json['package']) };
  const wrongKey = sandbox.credentials.WECHAT_APIV3_KEY;
  expect((await signed('wxpayScoreUse', parameters, wrongKey)).json['error']).toContain('APIv2');
  expect((await launch('wxpayScoreUse', parameters)).json['error']).toContain('27131');
  const opened = await signed('wxpayScoreUse', parameters);
  expect(opened.json).toMatchObject({ page: 'confirm', out_order_no: 'L1' });
  expect((await signed('wxpayScoreUse', parameters)).status).toBe(409);
});

test('the confirmation page of a pay-after order opens without a signature if unsignedLaunch says so', async () => {
  await merchant.control('POST', '/sandbox/rules', { unsignedLaunch: 'accepted' });
  const { json } = await merchant.create();
  expect((await launch('wxpayScoreUse', { package: json['package'] })).status).toBe(200);
});

test('a service order needs no signature, but a wrong one is refused', async () => {
  const service = createServiceMerchant(sandbox.credentials);
  const { json } = await service.create(service.order());
  const parameters = { package: String(json['package']) };
  expect((await signed('wxpayScoreUse', parameters, 'x'.repeat(32))).status).toBe(409);
  expect((await launch('wxpayScoreUse', parameters)).status).toBe(200);
});

test('the page of an order needs a signature, and an order that exists', async () => {
  await merchant.create({ out_order_no: 'L2' });
  const service_id = sandbox.credentials.WECHAT_SERVICE_ID;
  const show = (changes: Readonly<Record<string, string>>) =>
    signed('wxpayScoreDetail', { service_id, out_order_no: 'L2', ...changes });
  expect((await show({})).json).toMatchObject({ page: 'order', out_order_no: 'L2' });
  expect((await show({ out_order_no: 'L3' })).json['error']).toContain('271313961');
  expect((await show({ service_id: '500009' })).json['error']).toContain('271314189');
  expect((await show({ mch_id: '1' })).json['error']).toContain('271314188');
});

test('the page that authorizes the service needs a signature, or the token of a permission', async () => {
  const parameters = { service_id: sandbox.credentials.WECHAT_SERVICE_ID, out_request_no: 'R1' };
  expect((await signed('wxpayScoreEnable', parameters)).json).toEqual({ page: 'authorization' });
  expect((await launch('wxpayScoreEnable', parameters)).status).toBe(409);
  expect((await launch('wxpayScoreEnable', { apply_permissions_token: 'x' })).status).toBe(409);
});

test('what is signed has a nonce of 1 to 32 letters and digits, and the number of the request', async () => {
  const { WECHAT_MCHID, WECHAT_SERVICE_ID } = sandbox.credentials;
  const enable = { mch_id: WECHAT_MCHID, service_id: WECHAT_SERVICE_ID, out_request_no: 'R1' };
  const open = (changes: Readonly<Record<string, string>>) => {
    const all = { ...enable, sign_type: 'HMAC-SHA256', timestamp: '1767225600', ...changes };
    return launch('wxpayScoreEnable', { ...all, sign: signatureOf(all) });
  };
  expect((await open({ nonce_str: 'a1' })).status).toBe(200);
  for (const nonce_str of ['', 'a'.repeat(33), 'a-1']) {
    expect((await open({ nonce_str })).json['error']).toContain('nonce_str');
  }
  expect((await open({ nonce_str: 'a', out_request_no: '' })).json['error']).toContain(
    'out_request_no',
  );
  expect((await open({ nonce_str: 'a', service_id: '500009' })).json['error']).toContain('4189');
});

test('launch data that is not an object of strings is refused', async () => {
  const numbers = await launch('wxpayScoreUse', { package: 1 });
  expect([numbers.status, numbers.json['error']]).toEqual([
    400,
    'extraData is an object of strings',
  ]);
});
