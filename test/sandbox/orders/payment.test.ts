import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const FREE = { total_amount: 0, fees: [{ fee_name: '租金', fee_amount: 0 }] };
let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
});
afterEach(() => rule(DEFAULT_RULES));
afterAll(() => sandbox.close());

const rule = (change: object) => merchant.control('POST', '/sandbox/rules', change);

async function completed(changes = {}) {
  const order = await merchant.accepted();
  expect((await merchant.complete(order, changes)).status).toBe(200);
  return order.outOrderNo;
}

describe('after complete WeChat collects the money', () => {
  test('WeChat Pay collects the payment after payDelaySeconds of real time', async () => {
    await rule({ payDelaySeconds: 0.5 });
    const outOrderNo = await completed();
    await merchant.control('POST', '/sandbox/clock', { advanceSeconds: 600 });
    expect(await merchant.stateOf(outOrderNo)).toBe('FINISHED');
    await soon(() => merchant.stateOf(outOrderNo)).toBe('USER_PAID');
    const { json } = await merchant.query({ out_order_no: outOrderNo });
    expect(json).toMatchObject({
      finish_transaction_id: expect.stringMatching(/^4200/),
      pay_succ_time: expect.stringMatching(/^20\d{12}$/),
    });
    expect(json).not.toHaveProperty('pay_type');
  });

  test('WeChat Pay collects the payment after 5 seconds by default', async () => {
    const outOrderNo = await completed();
    expect(await merchant.stateOf(outOrderNo)).toBe('FINISHED');
    const { json } = await merchant.control('GET', '/sandbox/rules');
    expect(json['payDelaySeconds']).toBe(5);
  });

  test('WeChat Pay collects the payment immediately with payDelaySeconds 0, and never with null', async () => {
    await rule({ payDelaySeconds: 0 });
    expect(await merchant.stateOf(await completed())).toBe('USER_PAID');
    await rule({ payDelaySeconds: null });
    expect(await merchant.stateOf(await completed())).toBe('FINISHED');
  });

  test('WeChat Pay collects an amount of 0 immediately, unless the rule says otherwise', async () => {
    await rule({ payDelaySeconds: null });
    expect(await merchant.stateOf(await completed(FREE))).toBe('USER_PAID');
    await rule({ payZeroTotal: 'as-others' });
    expect(await merchant.stateOf(await completed(FREE))).toBe('FINISHED');
  });

  test('WeChat Pay does not collect the payment of an order that is already paid', async () => {
    await rule({ payDelaySeconds: 0.1 });
    const outOrderNo = await completed();
    await merchant.control('POST', `/sandbox/orders/${outOrderNo}/pay`);
    const first = (await merchant.query({ out_order_no: outOrderNo })).json;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await merchant.query({ out_order_no: outOrderNo })).json).toEqual(first);
  });
});

test.each([-1, 1_000_001, '5', true])('payDelaySeconds can not be %o', async (value) => {
  const { status, json } = await rule({ payDelaySeconds: value });
  expect([status, json['error']]).toEqual([
    400,
    'payDelaySeconds is null or a number from 0 to 1000000',
  ]);
});
