import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject, parseJson } from '../../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../../src/sandbox/rules.ts';
import { createMerchant, type Merchant, ORDERS } from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => merchant.control('POST', '/sandbox/rules', DEFAULT_RULES));
afterAll(() => sandbox.close());

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);
const act = (number: string, step: string) =>
  merchant.control('POST', `/sandbox/orders/${encodeURIComponent(number)}/${step}`);

async function listed(outOrderNo: string): Promise<JsonObject> {
  const { text } = await merchant.control('GET', '/sandbox/orders');
  const orders = parseJson(Buffer.from(text));
  const all: readonly unknown[] = Array.isArray(orders) ? orders : [];
  return all.filter(isJsonObject).find((order) => order['out_order_no'] === outOrderNo) ?? {};
}

describe('a query', () => {
  test('a query shows the sent values, and none that the state does not have', async () => {
    const sent = {
      out_order_no: 'SHOW',
      service_end_time: '20991225',
      service_end_location: '天津站',
      fees: [{ fee_name: '租金', fee_desc: '每小时2元' }],
      discounts: [{ discount_name: '满减', discount_desc: '说明' }],
      attach: 'a%20b',
    };
    const body = merchant.order(sent);
    await merchant.call('POST', ORDERS, { body });
    expect((await merchant.query({ out_order_no: 'SHOW' })).json).toEqual({
      ...body,
      mchid: sandbox.credentials.WECHAT_MCHID,
      state: 'CREATED',
    });
  });

  test('a query finds a number with characters that are percent-encoded', async () => {
    await merchant.create({ out_order_no: 'a|b*c' });
    const { json } = await merchant.query({ out_order_no: 'a|b*c' });
    expect(json['out_order_no']).toBe('a|b*c');
  });

  test('a query finds an order by its query_id', async () => {
    await merchant.create({ out_order_no: 'BY-ID' });
    const { query_id: queryId } = await listed('BY-ID');
    expect((await merchant.query({ query_id: String(queryId) })).json['out_order_no']).toBe(
      'BY-ID',
    );
  });

  test.each([{}, { out_order_no: 'SHOW', query_id: 'x' }])(
    'a query accepts exactly one of out_order_no and query_id: %o',
    async (by) => {
      const { status, json } = await merchant.query({ ...by });
      expect([status, json['code']]).toEqual([400, 'PARAM_ERROR']);
    },
  );

  test.each([{ out_order_no: 'NONE' }, { query_id: 'NONE' }, { out_order_no: '' }])(
    'a query of a missing order is 404 with the number 271317510: %o',
    async (by) => {
      const { status, json, number } = await merchant.query({ ...by });
      expect([status, json['code'], number]).toEqual([404, 'ORDER_NOT_EXIST', '271317510']);
    },
  );

  test('a query requires the appid and the service_id of the merchant', async () => {
    const missing = await merchant.call('GET', `${ORDERS}?out_order_no=SHOW`);
    expect(missing.json).toMatchObject({ detail: { field: 'appid', location: 'query' } });
    const foreign = await merchant.query({ appid: 'wx1', out_order_no: 'SHOW' });
    expect(foreign.status).toBe(403);
  });

  test('a query shows OnAccept, or nothing, until the user accepts', async () => {
    await merchant.create({ out_order_no: 'ONACCEPT' });
    const start = async () =>
      (await merchant.query({ out_order_no: 'ONACCEPT' })).json['service_start_time'];
    expect(await start()).toBe('OnAccept');
    await rule({ startTimeBeforeAccept: 'absent' });
    expect(await start()).toBeUndefined();
    await act('ONACCEPT', 'confirm');
    expect(await start()).toMatch(/^20\d{12}$/);
  });

  test('a query fills in fee_count if the rule says so', async () => {
    await merchant.create({ out_order_no: 'FEES', fees: [{ fee_name: 'a', fee_amount: 1 }] });
    await rule({ queryFillsFeeCount: true });
    const { json } = await merchant.query({ out_order_no: 'FEES' });
    expect(json['fees']).toEqual([{ fee_name: 'a', fee_amount: 1, fee_count: 1 }]);
  });
});

describe('an order', () => {
  test('an order goes from CREATED to USER_PAID, with what each state brings along', async () => {
    await merchant.create({ out_order_no: 'LIFE|1' });
    expect((await act('LIFE|1', 'confirm')).json).toMatchObject({ state: 'USER_ACCEPTED' });
    const accepted = (await merchant.query({ out_order_no: 'LIFE|1' })).json;
    expect(accepted).toHaveProperty('finish_ticket');
    expect(accepted).not.toHaveProperty('finish_transaction_id');

    expect((await act('LIFE|1', 'pay')).json).toMatchObject({ state: 'USER_PAID' });
    const paid = (await merchant.query({ out_order_no: 'LIFE|1' })).json;
    expect(paid).not.toHaveProperty('finish_ticket');
    expect(paid).toMatchObject({
      finish_transaction_id: expect.stringMatching(/^4200\d{24}$/),
      pay_succ_time: expect.stringMatching(/^20\d{12}$/),
    });
  });

  test('an order can be paid only after the merchant completed it if the rule says so', async () => {
    await rule({ payBeforeComplete: false });
    await merchant.create({ out_order_no: 'PAY', need_user_confirm: false, openid: 'oUser' });
    const { status, json } = await act('PAY', 'pay');
    expect(status).toBe(409);
    expect(json).toEqual({ error: 'the order is USER_ACCEPTED: pay is not possible' });
  });

  test.each(['CREATED', 'REVOKED', 'EXPIRED'])(
    'an order that the user declined is %s by the rule stateAfterDecline',
    async (state) => {
      await rule({ stateAfterDecline: state });
      await merchant.create({ out_order_no: `LEFT-${state}` });
      expect((await act(`LEFT-${state}`, 'decline')).json['state']).toBe(state);
      expect(await merchant.stateOf(`LEFT-${state}`)).toBe(state);
    },
  );

  test('an order that was accepted can neither be declined nor expire', async () => {
    await merchant.create({ out_order_no: 'KEPT', need_user_confirm: false, openid: 'oUser' });
    const replies = [await act('KEPT', 'decline'), await act('KEPT', 'expire')];
    expect(replies.map(({ status }) => status)).toEqual([409, 409]);
  });

  test('an order can be expired immediately, and then not be confirmed', async () => {
    await merchant.create({ out_order_no: 'EXP' });
    await act('EXP', 'expire');
    expect(await merchant.stateOf('EXP')).toBe('EXPIRED');
    expect((await act('EXP', 'confirm')).status).toBe(409);
  });

  test('a control of a missing order is 404', async () => {
    expect((await act('NOBODY', 'confirm')).status).toBe(404);
  });
});

test('an hour of the business clock expires CREATED orders, and signatures use real time', async () => {
  await merchant.create({ out_order_no: 'HOUR' });
  await merchant.control('POST', '/sandbox/clock', { advanceSeconds: 3_590 });
  expect(await merchant.stateOf('HOUR')).toBe('CREATED');
  await merchant.control('POST', '/sandbox/clock', { advanceSeconds: 10 });
  const { json, headers } = await merchant.query({ out_order_no: 'HOUR' });
  expect(json['state']).toBe('EXPIRED');
  expect((await act('HOUR', 'confirm')).status).toBe(409);
  expect(Math.abs(Date.now() / 1000 - Number(headers.get('wechatpay-timestamp')))).toBeLessThan(5);
});

test("a user's authorization is AVAILABLE until a test changes it", async () => {
  const { appid, service_id } = merchant.order();
  const params = { appid: String(appid), service_id: String(service_id), openid: 'oSome|body' };
  const state = () =>
    merchant.call('GET', `/v3/payscore/user-service-state?${new URLSearchParams(params)}`);
  expect((await state()).json).toEqual({ ...params, use_service_state: 'AVAILABLE' });
  const path = `/sandbox/users/${encodeURIComponent('oSome|body')}`;
  await merchant.control('POST', path, { useServiceState: 'UNAVAILABLE' });
  expect((await state()).json).toEqual({ ...params, use_service_state: 'UNAVAILABLE' });
});
