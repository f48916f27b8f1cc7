import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createMerchant, type Merchant, ORDERS } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => sandbox.close());

const fee = { fee_name: '租金', fee_amount: 100 };
const discount = { discount_name: '满减', discount_desc: '说明' };

const CONFIRMED: readonly [string, object][] = [
  ['/appid', { appid: undefined }],
  ['/out_order_no', { out_order_no: undefined }],
  ['/service_id', { service_id: 500001 }],
  ['/service_start_time', { service_start_time: '2024-01-01' }],
  ['/service_end_time', { service_end_time: 'OnAccept' }],
  ['/service_introduction', { service_introduction: 7 }],
  ['/fees', { fees: {} }],
  ['/fees/0', { fees: ['x'] }],
  ['/fees/1/fee_count', { fees: [fee, { fee_name: 'b', fee_desc: 'c', fee_count: 1.5 }] }],
  ['/fees/0/fee_amount', { fees: [{ ...fee, fee_amount: '100' }] }],
  [
    '/discounts',
    { discounts: [1, 2, 3, 4, 5, 6].map((n) => ({ ...discount, discount_name: `${n}` })) },
  ],
  ['/discounts/0/discount_name', { discounts: [{ ...discount, discount_name: '满'.repeat(21) }] }],
  ['/risk_amount', { risk_amount: 1.5 }],
  ['/risk_amount', { risk_amount: '9900' }],
  ['/risk_amount', { risk_amount: 2 ** 53 }],
  ['/attach', { attach: 'a'.repeat(201) }],
  ['/need_user_confirm', { need_user_confirm: 'true' }],
  ['/phone', { phone: 13800138000 }],
  ['/attach', { attach: null }],
  ['/fees/0/fee_desc', { fees: [{ ...fee, fee_desc: null }] }],
  ['/service_introduction', { service_introduction: '充电宝🔋' }],
];

const ANALOGY: readonly [string, object][] = [
  ['/out_order_no', { out_order_no: '订单1' }],
  ['/out_order_no', { out_order_no: 'x'.repeat(33) }],
  ['/service_start_time', { service_start_time: undefined }],
  ['/service_start_time', { service_start_time: '20260631' }],
  ['/service_end_time', { service_end_time: '20991225250000' }],
  ['/service_end_time', { service_start_time: '20991225', service_end_time: '20991224' }],
  [
    '/service_end_time',
    { service_start_time: '20991225091010', service_end_time: '20991225091010' },
  ],
  ['/service_end_time', { service_end_time: '20200101' }],
  ['/service_start_location', { service_start_location: undefined }],
  ['/service_start_location', { service_start_location: '' }],
  ['/service_start_location', { service_start_location: '站'.repeat(21) }],
  ['/service_end_location', { service_end_location: '站'.repeat(21) }],
  ['/service_introduction', { service_introduction: undefined }],
  ['/fees', { fees: Array.from({ length: 101 }, (_, i) => ({ ...fee, fee_name: `${i}` })) }],
  ['/fees/0/fee_name', { fees: [{ fee_amount: 1 }] }],
  ['/fees/1/fee_name', { fees: [fee, fee] }],
  ['/fees/0', { fees: [{ fee_name: '租金' }] }],
  ['/fees/0/fee_count', { fees: [{ ...fee, fee_count: 0 }] }],
  ['/fees/0/fee_amount', { fees: [{ ...fee, fee_amount: -1 }] }],
  ['/fees/0/fee_desc', { fees: [{ ...fee, fee_desc: '字'.repeat(31) }] }],
  ['/discounts/0/discount_desc', { discounts: [{ discount_name: '满减' }] }],
  ['/discounts/1/discount_name', { discounts: [discount, discount] }],
  ['/risk_amount', { risk_amount: undefined }],
  ['/risk_amount', { risk_amount: 0 }],
  ['/openid', { openid: 'oUser' }],
  ['/openid', { openid: 'o'.repeat(129), need_user_confirm: false }],
];

describe('a confirmed rule', () => {
  test.each(CONFIRMED)('a confirmed rule refuses %s in %o', async (field, change) => {
    const reply = await merchant.create({ ...change });
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field, location: 'body' } });
    expect(reply.number).toBe('268435464');
  });
});

describe('a rule by analogy', () => {
  test.each(ANALOGY)(
    'a rule by analogy refuses %s in %o, unless it is switched off',
    async (field, change) => {
      const body = merchant.order({ ...change });
      const { json } = await merchant.call('POST', ORDERS, { body });
      expect(json).toMatchObject({ code: 'PARAM_ERROR', detail: { field, location: 'body' } });

      await merchant.control('POST', '/sandbox/rules', { analogyRules: false });
      const { status } = await merchant.call('POST', ORDERS, { body });
      await merchant.control('POST', '/sandbox/rules', { analogyRules: true });
      expect(status).toBe(200);
    },
  );

  test('a rule by analogy refuses a missing openid without confirmation', async () => {
    const { json } = await merchant.create({ need_user_confirm: false });
    expect(json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/openid' } });
  });
});

test.each(['', 'not JSON', '[]', '"text"', 'null'])('a body of %j is refused', async (body) => {
  const { status, json } = await merchant.call('POST', ORDERS, { body });
  expect([status, json['code']]).toEqual([400, 'PARAM_ERROR']);
});

test('a create with values at their limits is accepted', async () => {
  const { status } = await merchant.create({
    out_order_no: '_-|*'.repeat(8),
    service_start_time: '20991225',
    service_end_time: '20991225',
    service_start_location: '站'.repeat(20),
    fees: Array.from({ length: 100 }, (_, i) => ({
      fee_name: `${i}`,
      fee_count: 100,
      fee_amount: 0,
    })),
    discounts: [1, 2, 3, 4, 5].map((n) => ({ ...discount, discount_name: `${n}` })),
    risk_amount: 1,
    attach: 'a'.repeat(200),
  });
  expect(status).toBe(200);
});

test('an end time must be more than a minute ahead', async () => {
  const at = (ms: number) =>
    new Date(Date.now() + 8 * 3_600_000 + ms).toISOString().replace(/\D/g, '').slice(0, 14);
  expect((await merchant.create({ service_end_time: at(30_000) })).status).toBe(400);
  expect((await merchant.create({ service_end_time: at(90_000) })).status).toBe(200);
});

test('an error never repeats a value', async () => {
  const attach = `Secret${'x'.repeat(200)}`;
  expect((await merchant.create({ attach })).text).not.toContain('Secret');
});
