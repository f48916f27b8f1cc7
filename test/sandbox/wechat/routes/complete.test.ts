import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../../src/sandbox/rules.ts';
import { createMerchant, isSignedBy, type Merchant } from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

const UNUSED = {
  finish_type: 1,
  total_amount: 0,
  cancel_reason: '用户未使用',
  fees: undefined,
  real_service_end_time: undefined,
};
const RULES = { ...DEFAULT_RULES, payDelaySeconds: null };
let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox({ rules: RULES });
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => rule(RULES));
afterAll(() => sandbox.close());

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);
const shown = async (outOrderNo: string) =>
  (await merchant.query({ out_order_no: outOrderNo })).json;

describe('complete', () => {
  test('complete returns the five ids, signed, and makes the order FINISHED', async () => {
    const order = await merchant.accepted({ out_order_no: 'DONE|1*a' });
    const reply = await merchant.complete(order);
    expect(reply.json).toEqual({
      appid: sandbox.credentials.WECHAT_APPID,
      mchid: sandbox.credentials.WECHAT_MCHID,
      out_order_no: 'DONE|1*a',
      service_id: sandbox.credentials.WECHAT_SERVICE_ID,
      order_id: expect.stringMatching(/^\d{24}$/),
    });
    expect(isSignedBy(reply, sandbox.credentials.WECHAT_PUBLIC_KEY)).toBe(true);
    expect(await merchant.stateOf('DONE|1*a')).toBe('FINISHED');
  });

  test('a query shows the fees and discounts of a complete', async () => {
    const order = await merchant.accepted({
      service_end_location: '天津站',
      fees: [{ fee_name: '租金', fee_count: 2, fee_desc: '每小时2元' }],
      discounts: [{ discount_name: '满减', discount_desc: '说明' }],
    });
    await merchant.complete(order, {
      total_amount: 350,
      real_service_start_time: '20260101100500',
      real_service_end_location: '上海站',
      fees: [
        { fee_name: '租金', fee_amount: 300 },
        { fee_name: '清洁', fee_amount: 100 },
      ],
      discounts: [{ discount_name: '满减', discount_amount: 50 }],
    });
    const view = await shown(order.outOrderNo);
    expect(view).toMatchObject({
      state: 'FINISHED',
      finish_type: 2,
      total_amount: 350,
      real_service_start_time: '20260101100500',
      real_service_end_time: '20260101110000',
      real_service_start_location: '北京西站',
      real_service_end_location: '上海站',
      fees: [
        { fee_name: '租金', fee_count: 2, fee_amount: 300, fee_desc: '每小时2元' },
        { fee_name: '清洁', fee_amount: 100 },
      ],
      discounts: [{ discount_name: '满减', discount_amount: 50, discount_desc: '说明' }],
    });
    for (const absent of ['finish_ticket', 'pay_succ_time', 'finish_transaction_id', 'pay_type']) {
      expect(view).not.toHaveProperty(absent);
    }
  });

  test('complete fills in the real places, unless the rule says otherwise', async () => {
    const order = await merchant.accepted({ service_end_location: '天津站' });
    await merchant.complete(order);
    expect(await shown(order.outOrderNo)).toMatchObject({ real_service_end_location: '天津站' });
    await rule({ queryFillsRealPlaces: false });
    expect(await shown(order.outOrderNo)).not.toHaveProperty('real_service_end_location');
  });

  test('complete of a missing order is 404 with the number 271317510', async () => {
    const reply = await merchant.complete({ outOrderNo: 'NOBODY', ticket: 'x' });
    expect([reply.status, reply.json['code'], reply.number]).toEqual([
      404,
      'ORDER_NOT_EXIST',
      '271317510',
    ]);
  });

  test('complete with an id of another merchant is refused', async () => {
    const order = await merchant.accepted();
    expect((await merchant.complete(order, { appid: 'wx1' })).status).toBe(403);
  });
});

describe('the state before complete', () => {
  test.each([
    ['CREATED', 'INVALID_ORDER_STATE', '271302262'],
    ['EXPIRED', 'INVALID_ORDER_STATE', '271302262'],
    ['REVOKED', 'ORDER_CANCELED', '271302333'],
    ['FINISHED', 'ORDER_DONE', '268435456'],
    ['USER_PAID', 'ORDER_DONE', '268435456'],
  ])('complete of an order that is %s returns %s', async (state, code, number) => {
    const outOrderNo = `IN-${state}`;
    const waits = state === 'CREATED' || state === 'EXPIRED';
    const order = waits
      ? { outOrderNo, ticket: 'x' }
      : await merchant.accepted({ out_order_no: outOrderNo });
    if (waits) {
      await merchant.create({ out_order_no: outOrderNo });
    }
    if (state === 'EXPIRED') {
      await merchant.control('POST', `/sandbox/orders/${outOrderNo}/expire`);
    }
    if (state === 'REVOKED') {
      await merchant.cancel(outOrderNo);
    }
    if (state === 'FINISHED' || state === 'USER_PAID') {
      await merchant.complete(order);
    }
    if (state === 'USER_PAID') {
      await merchant.control('POST', `/sandbox/orders/${outOrderNo}/pay`);
    }
    const reply = await merchant.complete(order, { profit_sharing: true });
    expect([reply.status, reply.json['code'], reply.number]).toEqual([400, code, number]);
    expect(await merchant.stateOf(outOrderNo)).toBe(state);
  });
});

describe('a repeated complete', () => {
  test('a repeated complete with the same bytes is a success again, also once it is paid', async () => {
    const order = await merchant.accepted();
    const first = await merchant.complete(order);
    await merchant.control('POST', `/sandbox/orders/${order.outOrderNo}/pay`);
    expect((await merchant.complete(order)).json).toEqual(first.json);
    expect(await merchant.stateOf(order.outOrderNo)).toBe('USER_PAID');
  });

  test('a repeated complete with other values is refused and changes nothing', async () => {
    const order = await merchant.accepted();
    await merchant.complete(order);
    const other = { total_amount: 90, fees: [{ fee_name: '租金', fee_amount: 90 }] };
    expect((await merchant.complete(order, other)).json['code']).toBe('ORDER_DONE');
    expect((await shown(order.outOrderNo))['total_amount']).toBe(100);
  });

  test('a repeated complete is refused if the rule repeatAnswersSuccess is off', async () => {
    const order = await merchant.accepted();
    await rule({ repeatAnswersSuccess: false });
    expect((await merchant.complete(order)).status).toBe(200);
    expect((await merchant.complete(order)).json['code']).toBe('ORDER_DONE');
  });
});

describe('a finish_ticket', () => {
  test('the finish_ticket differs between queries, and earlier ones stay valid', async () => {
    const order = await merchant.accepted();
    const { finish_ticket: second } = await shown(order.outOrderNo);
    expect(second).not.toBe(order.ticket);
    expect((await merchant.complete(order)).status).toBe(200);
  });

  test('the finish_ticket is the same each time if the rule says so', async () => {
    await rule({ newTicketEachQuery: false });
    const order = await merchant.accepted();
    expect((await shown(order.outOrderNo))['finish_ticket']).toBe(order.ticket);
    expect((await merchant.complete(order)).status).toBe(200);
  });

  test('a finish_ticket that is altered or of another order is refused', async () => {
    const order = await merchant.accepted();
    const other = await merchant.accepted();
    for (const ticket of [other.ticket, `${order.ticket}x`, 'made up']) {
      const { json } = await merchant.complete(order, { finish_ticket: ticket });
      expect(json).toMatchObject({ code: 'PARAM_ERROR', message: '校验完结凭证错误' });
    }
    expect(await merchant.stateOf(order.outOrderNo)).toBe('USER_ACCEPTED');
  });
});

describe('a service that was not used', () => {
  test.each(['REVOKED', 'FINISHED', 'USER_PAID'])(
    'an unused service leaves the order %s by the rule stateAfterUnused',
    async (state) => {
      await rule({ stateAfterUnused: state, payDelaySeconds: 0 });
      const order = await merchant.accepted();
      expect((await merchant.complete(order, UNUSED)).status).toBe(200);
      expect(await shown(order.outOrderNo)).toMatchObject({
        state,
        finish_type: 1,
        total_amount: 0,
      });
    },
  );

  test('an unused service costs nothing and has a reason', async () => {
    const order = await merchant.accepted();
    const charged = await merchant.complete(order, { ...UNUSED, total_amount: 100 });
    expect(charged.json).toMatchObject({ detail: { field: '/total_amount' } });
    const silent = await merchant.complete(order, { ...UNUSED, cancel_reason: undefined });
    expect(silent.json).toMatchObject({ detail: { field: '/cancel_reason' } });
    const placed = { ...UNUSED, real_service_end_location: '上海站' };
    expect((await merchant.complete(order, placed)).json).toMatchObject({
      detail: { field: '/real_service_end_location' },
    });
  });
});

test('a fault that prevents a complete leaves the order as it was', async () => {
  const order = await merchant.accepted();
  await merchant.control('POST', '/sandbox/faults', {
    on: 'complete',
    fault: 'status',
    status: 500,
  });
  expect((await merchant.complete(order)).status).toBe(500);
  expect(await merchant.stateOf(order.outOrderNo)).toBe('USER_ACCEPTED');
});
