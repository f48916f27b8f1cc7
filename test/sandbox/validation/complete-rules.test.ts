import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { beijing } from '../../fixtures/sandbox/beijing.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox({ rules: { payDelaySeconds: null } });
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => sandbox.close());

const KNOWN = '租金';
const fee = { fee_name: KNOWN, fee_amount: 100 };
const discount = { discount_name: '满减', discount_amount: 0, discount_desc: '说明' };
const numbered = (count: number, name: string, item: JsonObject) =>
  Array.from({ length: count }, (_, n) => ({ ...item, [name]: `${n}` }));

/** What create said of every order here. */
const created = {
  service_end_location: '天津站',
  fees: [{ fee_name: KNOWN, fee_desc: '每小时2元' }],
  discounts: [{ discount_name: '首单', discount_desc: '说明' }],
  risk_amount: 5000,
};

const CONFIRMED: readonly [string, JsonObject][] = [
  ['/appid', { appid: undefined }],
  ['/service_id', { service_id: undefined }],
  ['/finish_type', { finish_type: 3 }],
  ['/finish_type', { finish_type: '2' }],
  ['/finish_ticket', { finish_ticket: 7 }],
  ['/total_amount', { total_amount: undefined }],
  ['/total_amount', { total_amount: -1 }],
  ['/total_amount', { total_amount: 0.5 }],
  ['/profit_sharing', { profit_sharing: 'true' }],
  ['/cancel_reason', { cancel_reason: null }],
  ['/real_service_start_time', { real_service_start_time: 'OnAccept' }],
  ['/real_service_end_time', { real_service_end_time: '2026-01-01T11:00:00+08:00' }],
  ['/fees', { fees: {} }],
  ['/fees/0', { fees: ['x'] }],
  ['/fees/0/fee_count', { fees: [{ ...fee, fee_count: 1 }] }],
  ['/fees/0/fee_desc', { fees: [{ ...fee, fee_desc: '每小时2元' }] }],
  ['/discounts', { discounts: numbered(6, 'discount_name', discount) }],
  ['/discounts', { discounts: numbered(5, 'discount_name', discount) }],
  [
    '/discounts/0/discount_amount',
    { discounts: [{ discount_name: '满减', discount_desc: '说明' }] },
  ],
  ['/discounts/0/discount_amount', { discounts: [{ ...discount, discount_amount: null }] }],
  ['/discounts/0/discount_amount', { discounts: [{ ...discount, discount_amount: -1 }] }],
  ['/discounts/0/discount_name', { discounts: [{ ...discount, discount_name: '满'.repeat(21) }] }],
];

const ANALOGY: readonly [string, JsonObject][] = [
  ['/finish_type', { finish_type: undefined }],
  ['/finish_ticket', { finish_ticket: undefined }],
  ['/cancel_reason', { cancel_reason: '因'.repeat(31) }],
  ['/real_service_end_time', { real_service_end_time: '20260231110000' }],
  ['/real_service_end_time', { real_service_end_time: undefined }],
  ['/real_service_end_location', { real_service_end_location: '站'.repeat(21) }],
  ['/real_service_end_location', { real_service_end_location: '北京西站' }],
  ['/real_service_end_location', { real_service_end_location: '天津站' }],
  ['/fees', { fees: undefined, total_amount: 0 }],
  ['/fees', { fees: numbered(101, 'fee_name', { fee_amount: 0 }), total_amount: 0 }],
  ['/fees', { fees: numbered(100, 'fee_name', { fee_amount: 0 }), total_amount: 0 }],
  ['/fees/1/fee_name', { fees: [fee, fee], total_amount: 200 }],
  ['/fees/0', { fees: [{ fee_name: KNOWN }], total_amount: 0 }],
  ['/discounts/0/discount_desc', { discounts: [{ discount_name: '新', discount_amount: 0 }] }],
  ['/total_amount', { total_amount: 99 }],
  ['/total_amount', { discounts: [{ ...discount, discount_amount: 1 }] }],
  ['/total_amount', { total_amount: 5001, fees: [{ ...fee, fee_amount: 5001 }] }],
  ['/real_service_end_time', { real_service_end_time: '20260101100000' }],
  [
    '/real_service_end_time',
    { real_service_start_time: '20260101113000', real_service_end_time: '20260101113000' },
  ],
  ['/real_service_end_time', { real_service_end_time: beijing(3_600_000) }],
];

describe('a confirmed rule of complete', () => {
  test.each(CONFIRMED)('a confirmed rule of complete refuses %s in %o', async (field, change) => {
    const order = await merchant.accepted(created);
    const { status, json } = await merchant.complete(order, change);
    expect([status, json]).toMatchObject([400, { code: 'PARAM_ERROR', detail: { field } }]);
    expect(await merchant.stateOf(order.outOrderNo)).toBe('USER_ACCEPTED');
  });
});

describe('a rule of complete by analogy', () => {
  test.each(ANALOGY)(
    'a rule of complete by analogy refuses %s in %o, unless it is switched off',
    async (field, change) => {
      const order = await merchant.accepted(created);
      const { json } = await merchant.complete(order, change);
      expect(json).toMatchObject({ code: 'PARAM_ERROR', detail: { field, location: 'body' } });

      await merchant.control('POST', '/sandbox/rules', { analogyRules: false });
      const { status } = await merchant.complete(order, change);
      await merchant.control('POST', '/sandbox/rules', { analogyRules: true });
      expect(status).toBe(200);
    },
  );
});

test.each([
  ['最终总金额计算非法', '268435464', { total_amount: 99 }],
  [
    '总金额超过此服务的服务风险金额',
    '271316656',
    { total_amount: 5001, fees: [{ fee_name: KNOWN, fee_amount: 5001 }] },
  ],
  ['真实结束时间小于预计开始时间', '271316637', { real_service_end_time: '20260101093000' }],
  ['创建订单未填写服务结束时间，则结束时间必填', '268435464', { real_service_end_time: undefined }],
  [
    '实际结束时间不能晚于使用完结接口的时间',
    '268435464',
    { real_service_end_time: beijing(3_600_000) },
  ],
])('the refusal of %s has the number %s', async (message, number, change) => {
  const reply = await merchant.complete(await merchant.accepted(created), change);
  expect([reply.json['message'], reply.number]).toEqual([message, number]);
});

test('a complete with values at their limits is accepted', async () => {
  const order = await merchant.accepted(created);
  const { status } = await merchant.complete(order, {
    total_amount: 5000,
    profit_sharing: false,
    real_service_end_time: beijing(0).slice(0, 8),
    real_service_end_location: '站'.repeat(20),
    fees: [
      { fee_name: KNOWN, fee_amount: 5100 },
      ...numbered(99, 'fee_name', { fee_amount: 0, fee_count: 100, fee_desc: '字'.repeat(30) }),
    ],
    discounts: [
      { discount_name: '首单', discount_amount: 100 },
      ...numbered(4, 'discount_name', discount),
    ],
  });
  expect(status).toBe(200);
});

test('an end is not required if the create gave one, nor for an unused service', async () => {
  const none = { real_service_end_time: undefined };
  const planned = await merchant.accepted({ ...created, service_end_time: '20991225' });
  expect((await merchant.complete(planned, none)).status).toBe(200);
  const unused = {
    ...none,
    finish_type: 1,
    total_amount: 0,
    cancel_reason: '未用',
    fees: undefined,
  };
  expect((await merchant.complete(await merchant.accepted(created), unused)).status).toBe(200);
});

test('a start after the planned end is refused also without an end', async () => {
  const planned = await merchant.accepted({ ...created, service_end_time: '20991225' });
  const complete = (real_service_start_time: string) =>
    merchant.complete(planned, { real_service_start_time, real_service_end_time: undefined });
  expect((await complete('20991226')).number).toBe('271316637');
  expect((await complete('20260101')).status).toBe(200);
});

test('fees may be omitted with a reason', async () => {
  const change = { fees: undefined, total_amount: 0, cancel_reason: '免单' };
  expect((await merchant.complete(await merchant.accepted(created), change)).status).toBe(200);
});
