import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../../src/sandbox/rules.ts';
import {
  createMerchant,
  encrypt,
  type Merchant,
  ORDERS,
} from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let keyHeaders: Record<string, string>;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
  keyHeaders = { 'Wechatpay-Serial': sandbox.credentials.WECHAT_PUBLIC_KEY_ID };
});
afterEach(() => merchant.control('POST', '/sandbox/rules', DEFAULT_RULES));
afterAll(() => sandbox.close());

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);
const sealed = (text: string) => encrypt(text, sandbox.credentials.WECHAT_PUBLIC_KEY);
const withoutConfirm = { need_user_confirm: false, openid: 'oUser' };

describe('a first create', () => {
  test('a create returns the ids and the launch fields of the confirmation page', async () => {
    const { json } = await merchant.create({ out_order_no: 'FIRST' });
    expect(json).toEqual({
      appid: sandbox.credentials.WECHAT_APPID,
      mchid: sandbox.credentials.WECHAT_MCHID,
      out_order_no: 'FIRST',
      service_id: sandbox.credentials.WECHAT_SERVICE_ID,
      order_id: expect.stringMatching(/^\d{24}$/),
      miniprogram_businesstype: 'wxpayScoreUse',
      miniprogram_appid: 'wxd8f3793ea3b935b8',
      miniprogram_path: 'pages/use/use',
      miniprogram_username: expect.stringMatching(/^gh_/),
      package: expect.stringMatching(/^.{1,300}$/),
    });
    expect(await merchant.stateOf('FIRST')).toBe('CREATED');
  });

  test('a create without confirmation is accepted immediately, without launch fields', async () => {
    const { json } = await merchant.create({ out_order_no: 'AT-ONCE', ...withoutConfirm });
    expect(json).not.toHaveProperty('package');
    const { json: order } = await merchant.query({ out_order_no: 'AT-ONCE' });
    expect(order).toMatchObject({
      state: 'USER_ACCEPTED',
      service_start_time: expect.stringMatching(/^20\d{12}$/),
      finish_ticket: expect.stringMatching(/^.{1,512}$/),
    });
  });

  test('a create without confirmation returns launch fields if the rule says so', async () => {
    await rule({ launchFieldsWithoutConfirm: true });
    expect((await merchant.create(withoutConfirm)).json).toHaveProperty('package');
  });

  test('a create without confirmation requires a user who has authorized the service', async () => {
    await merchant.control('POST', '/sandbox/users/oStranger', { useServiceState: 'UNAVAILABLE' });
    const { status, json } = await merchant.create({ ...withoutConfirm, openid: 'oStranger' });
    expect([status, json['code']]).toEqual([400, 'INVALID_REQUEST']);
  });

  test.each([{ appid: 'wx0000000000000000' }, { service_id: '500002' }])(
    'a create with an id of another merchant is refused: %o',
    async (change) => {
      const { status, json } = await merchant.create(change);
      expect([status, json['code']]).toEqual([403, 'NO_AUTH']);
    },
  );
});

describe('a repeated create', () => {
  test('a repeated create with the same parameters is the same order, in whatever order its keys come', async () => {
    const body = merchant.order({ fees: [{ fee_name: '租金', fee_amount: 100 }] });
    const first = await merchant.call('POST', ORDERS, { body });
    const turned = Object.fromEntries(Object.entries(body).reverse());
    const second = await merchant.call('POST', ORDERS, { body: turned });
    expect(second.status).toBe(200);
    expect(second.json).toEqual(first.json);
  });

  test('a repeated create with other parameters is refused with the number 271316598', async () => {
    const body = merchant.order();
    await merchant.call('POST', ORDERS, { body });
    const reply = await merchant.call('POST', ORDERS, { body: { ...body, risk_amount: 1 } });
    expect([reply.status, reply.json['code'], reply.number]).toEqual([
      400,
      'INVALID_REQUEST',
      '271316598',
    ]);
  });

  test('a repeated create is the same order even if its end time has come too close', async () => {
    const own = await startTestSandbox();
    const other = createMerchant(own.credentials);
    const body = other.order({ service_end_time: '20991225091010' });
    const first = await other.call('POST', ORDERS, { body });
    for (const _decade of Array.from({ length: 9 })) {
      await other.control('POST', '/sandbox/clock', { advanceSeconds: 10 * 366 * 86_400 });
    }
    expect((await other.create({ service_end_time: '20991225091010' })).status).toBe(400);
    expect((await other.call('POST', ORDERS, { body })).json).toEqual(first.json);
    await own.close();
  });

  test.each([
    [true, 400],
    [false, 200],
  ])(
    'a repeated create with a field encrypted again follows reencryptedFieldsDiffer=%s',
    async (differ, status) => {
      await rule({ reencryptedFieldsDiffer: differ });
      const body = merchant.order();
      const create = (phone: string) =>
        merchant.call('POST', ORDERS, { body: { ...body, phone }, headers: keyHeaders });
      const cipher = sealed('13800138000');
      expect((await create(cipher)).status).toBe(200);
      expect((await create(cipher)).status).toBe(200);
      expect((await create(sealed('13800138000'))).status).toBe(status);
      expect((await create(sealed('13900139000'))).number).toBe('271316598');
    },
  );
});

describe('a sensitive field', () => {
  test('a sensitive field requires the header that names its key', async () => {
    const { json } = await merchant.create({ phone: sealed('13800138000') });
    expect(json).toMatchObject({
      code: 'PARAM_ERROR',
      message: 'HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)',
    });
  });

  test('a sensitive field requires a key that WeChat Pay knows', async () => {
    const headers = { 'Wechatpay-Serial': 'PUB_KEY_ID_1' };
    const { json } = await merchant.create({ phone: sealed('13800138000') }, { headers });
    expect(json).toMatchObject({
      code: 'PARAM_ERROR',
      message: '平台证书序列号Wechatpay-Serial错误',
    });
  });

  test('a sensitive field must be encrypted with that very key', async () => {
    const { text } = await merchant.control('GET', '/sandbox/platform-certificate');
    const { json } = await merchant.create(
      { phone: encrypt('13800138000', text) },
      { headers: keyHeaders },
    );
    expect(json).toMatchObject({ message: '平台私钥解密失败', detail: { field: '/phone' } });
  });

  test.each(['13800138000', '%%%', ''])(
    'a sensitive field in plain text is refused without being shown: %j',
    async (name) => {
      const reply = await merchant.create({ name }, { headers: keyHeaders });
      expect([reply.status, reply.json['message']]).toEqual([400, '平台私钥解密失败']);
      expect(reply.text.includes('13800138000')).toBe(false);
    },
  );

  test('a sensitive field is required if the rule says so', async () => {
    await rule({ sensitiveFieldsRequired: true });
    expect((await merchant.create()).json).toMatchObject({ detail: { field: '/name' } });
  });
});
