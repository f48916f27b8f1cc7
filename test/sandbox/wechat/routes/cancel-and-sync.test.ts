import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../../src/sandbox/rules.ts';
import { beijing } from '../../../fixtures/sandbox/beijing.ts';
import { createMerchant, type Merchant } from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

const RULES = { ...DEFAULT_RULES, payDelaySeconds: null };
let sandbox: Sandbox;
let merchant: Merchant;
/** How far the business clock is ahead, so that what was completed lies in the past. */
let aheadMs = 0;

beforeAll(async () => {
  sandbox = await startTestSandbox({ rules: RULES });
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => rule(RULES));
afterAll(() => sandbox.close());

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);
const shown = async (outOrderNo: string) =>
  (await merchant.query({ out_order_no: outOrderNo })).json;

async function finished(outOrderNo: string) {
  await merchant.complete(await merchant.accepted({ out_order_no: outOrderNo }));
  await merchant.control('POST', '/sandbox/clock', { advanceSeconds: 60 });
  aheadMs += 60_000;
  return outOrderNo;
}

/** An order in the given state. */
async function orderIn(state: string, outOrderNo: string) {
  if (state === 'CREATED' || state === 'EXPIRED') {
    await merchant.create({ out_order_no: outOrderNo });
  } else {
    const order = await merchant.accepted({ out_order_no: outOrderNo });
    await (state === 'REVOKED' ? merchant.cancel(outOrderNo) : undefined);
    await (state === 'FINISHED' || state === 'USER_PAID' ? merchant.complete(order) : undefined);
  }
  const last: Readonly<Record<string, string>> = { EXPIRED: 'expire', USER_PAID: 'pay' };
  if (last[state]) {
    await merchant.control('POST', `/sandbox/orders/${outOrderNo}/${last[state]}`);
  }
}

describe('cancel', () => {
  test.each(['CREATED', 'USER_ACCEPTED'])('cancel makes a %s order REVOKED', async (state) => {
    const outOrderNo = `CANCEL|${state}`;
    await orderIn(state, outOrderNo);
    expect((await merchant.cancel(outOrderNo)).json).toEqual({
      appid: sandbox.credentials.WECHAT_APPID,
      mchid: sandbox.credentials.WECHAT_MCHID,
      out_order_no: outOrderNo,
      service_id: sandbox.credentials.WECHAT_SERVICE_ID,
      order_id: expect.stringMatching(/^\d{24}$/),
    });
    expect(await merchant.stateOf(outOrderNo)).toBe('REVOKED');
  });

  test.each([
    ['FINISHED', 'INVALID_ORDER_STATE', '271316592'],
    ['USER_PAID', 'INVALID_ORDER_STATE', '271316592'],
    ['EXPIRED', 'INVALID_ORDER_STATE', '271316592'],
    ['REVOKED', 'ORDER_CANCELED', '271302333'],
  ])('cancel of a %s order returns %s', async (state, code, number) => {
    const outOrderNo = `NO-CANCEL-${state}`;
    await orderIn(state, outOrderNo);
    const reply = await merchant.cancel(outOrderNo, '另一个原因');
    expect([reply.status, reply.json['code'], reply.number]).toEqual([400, code, number]);
    expect(await merchant.stateOf(outOrderNo)).toBe(state);
  });

  test('cancel again with the same bytes is a success, unless the rule says otherwise', async () => {
    await orderIn('CREATED', 'CANCEL-TWICE');
    const first = await merchant.cancel('CANCEL-TWICE');
    expect((await merchant.cancel('CANCEL-TWICE')).json).toEqual(first.json);
    await rule({ repeatAnswersSuccess: false });
    expect((await merchant.cancel('CANCEL-TWICE')).json['code']).toBe('ORDER_CANCELED');
  });

  test('cancel needs a reason of at most 50 characters', async () => {
    await orderIn('CREATED', 'REASON');
    const missing = await merchant.operate('REASON', 'cancel', {});
    expect(missing.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/reason' } });
    expect((await merchant.cancel('REASON', '因'.repeat(51))).status).toBe(400);
    expect((await merchant.cancel('REASON', '因'.repeat(50))).status).toBe(200);
  });

  test('cancel of a missing order is 404', async () => {
    expect((await merchant.cancel('NOBODY')).number).toBe('271317510');
  });
});

describe('sync', () => {
  test('sync makes a FINISHED order USER_PAID, and returns no service_id', async () => {
    const outOrderNo = await finished('SYNC|1');
    const paidTime = beijing(aheadMs - 30_000);
    expect((await merchant.sync(outOrderNo, paidTime)).json).toEqual({
      appid: sandbox.credentials.WECHAT_APPID,
      mchid: sandbox.credentials.WECHAT_MCHID,
      out_order_no: outOrderNo,
      order_id: expect.stringMatching(/^\d{24}$/),
    });
    expect(await shown(outOrderNo)).toMatchObject({
      state: 'USER_PAID',
      pay_type: 'MchChannelPayType',
      pay_succ_time: paidTime,
      total_amount: 100,
    });
    expect(await shown(outOrderNo)).not.toHaveProperty('finish_transaction_id');
    await rule({ transactionIdAfterSync: true });
    expect(await shown(outOrderNo)).toHaveProperty('finish_transaction_id');
  });

  test('sync again with the same bytes is a success, unless the rule says otherwise', async () => {
    const outOrderNo = await finished('SYNC-TWICE');
    const paidTime = beijing(aheadMs - 30_000);
    const first = await merchant.sync(outOrderNo, paidTime);
    expect((await merchant.sync(outOrderNo, paidTime)).json).toEqual(first.json);
    await rule({ repeatAnswersSuccess: false });
    expect((await merchant.sync(outOrderNo, paidTime)).json['code']).toBe('ORDER_DONE');
  });

  test.each([
    ['CREATED', 'INVALID_ORDER_STATE'],
    ['USER_ACCEPTED', 'INVALID_ORDER_STATE'],
    ['EXPIRED', 'INVALID_ORDER_STATE'],
    ['REVOKED', 'ORDER_CANCELED'],
    ['USER_PAID', 'ORDER_DONE'],
  ])('sync of a %s order returns %s', async (state, code) => {
    await orderIn(state, `NO-SYNC-${state}`);
    const { status, json } = await merchant.sync(`NO-SYNC-${state}`, beijing(aheadMs));
    expect([status, json['code']]).toEqual([400, code]);
    expect(await merchant.stateOf(`NO-SYNC-${state}`)).toBe(state);
  });

  const detail = { paid_time: '20260101110000' };
  test.each<[string, JsonObject]>([
    ['/appid', { appid: undefined, type: 'Order_Paid', detail }],
    ['/type', { detail }],
    ['/type', { type: 'Order_Refunded', detail }],
    ['/detail', { type: 'Order_Paid' }],
    ['/detail', { type: 'Order_Paid', detail: [] }],
    ['/detail/paid_time', { type: 'Order_Paid', detail: {} }],
    ['/detail/paid_time', { type: 'Order_Paid', detail: { paid_time: '20260101' } }],
    ['/detail/paid_time', { type: 'Order_Paid', detail: { paid_time: '20260231110000' } }],
  ])('sync with an invalid %s is refused: %o', async (field, body) => {
    const { status, json } = await merchant.operate('ANY', 'sync', body);
    expect([status, json]).toMatchObject([400, { code: 'PARAM_ERROR', detail: { field } }]);
  });

  test('the paid_time of a sync must be between the complete and the call', async () => {
    const outOrderNo = await finished('SYNC-TIMES');
    for (const paidTime of [beijing(aheadMs - 61_000), beijing(aheadMs + 5_000)]) {
      const { json } = await merchant.sync(outOrderNo, paidTime);
      expect(json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/detail/paid_time' } });
    }
    expect((await merchant.sync(outOrderNo, beijing(aheadMs - 1_000))).status).toBe(200);
  });
});
