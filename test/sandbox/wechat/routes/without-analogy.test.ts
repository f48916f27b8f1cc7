import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { beijing } from '../../../fixtures/sandbox/beijing.ts';
import { createMerchant, type Merchant, ORDERS } from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;

beforeAll(async () => {
  const rules = { analogyRules: false, payDelaySeconds: null };
  sandbox = await startTestSandbox({ rules });
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => sandbox.close());

describe('a sandbox that enforces only what is confirmed for pay-after orders', () => {
  test('it lets complete, cancel and sync start from every state of an open order', async () => {
    await merchant.create({ out_order_no: 'A-COMPLETE' });
    const ticketless = { outOrderNo: 'A-COMPLETE', ticket: 'not a ticket of it' };
    expect((await merchant.complete(ticketless)).status).toBe(200);
    expect(await merchant.stateOf('A-COMPLETE')).toBe('FINISHED');
    expect((await merchant.complete(ticketless, { cancel_reason: 'r' })).status).toBe(200);
    expect((await merchant.cancel('A-COMPLETE')).status).toBe(200);
    expect(await merchant.stateOf('A-COMPLETE')).toBe('REVOKED');

    await merchant.create({ out_order_no: 'A-SYNC' });
    expect((await merchant.sync('A-SYNC', beijing(-1_000))).status).toBe(200);
    expect(await merchant.stateOf('A-SYNC')).toBe('USER_PAID');
  });

  test('it changes nothing about an order that has ended', async () => {
    await merchant.create({ out_order_no: 'A-OVER' });
    await merchant.cancel('A-OVER');
    const { json } = await merchant.sync('A-OVER', beijing(-1_000));
    expect(json['code']).toBe('ORDER_CANCELED');
    expect(await merchant.stateOf('A-OVER')).toBe('REVOKED');
  });

  test('it answers a create with other parameters by the order that the number already has', async () => {
    const first = await merchant.create({ out_order_no: 'A-AGAIN' });
    const other = await merchant.create({ out_order_no: 'A-AGAIN', risk_amount: 1 });
    expect(other.json).toEqual(first.json);
    const { json } = await merchant.query({ out_order_no: 'A-AGAIN' });
    expect(json['risk_amount']).toBe(9900);
  });

  test('it requires no openid of an order without confirmation, but the authorization of one', async () => {
    expect((await merchant.create({ need_user_confirm: false })).status).toBe(200);
    expect((await merchant.create({ openid: 'oUser' })).status).toBe(200);
    await merchant.control('POST', '/sandbox/users/oGone', { useServiceState: 'UNAVAILABLE' });
    const refused = await merchant.create({ need_user_confirm: false, openid: 'oGone' });
    expect(refused.number).toBe('268503786');
  });

  test('it does not check that appid and service_id are bound, except where that is documented', async () => {
    const foreign = { out_order_no: 'A-FOREIGN', service_id: '500009' };
    expect((await merchant.create(foreign)).status).toBe(200);
    expect((await merchant.query(foreign)).status).toBe(200);
    const { appid } = merchant.order();
    const service = `/v3/payscore/serviceorder?service_id=500009&out_order_no=X&appid=${appid}`;
    expect((await merchant.call('GET', service)).json['code']).toBe('NO_AUTH');
  });
});

test('with the rules of neighbouring products the same calls are refused', async () => {
  await merchant.control('POST', '/sandbox/rules', { analogyRules: true });
  const created = merchant.order({ out_order_no: 'B' });
  await merchant.call('POST', ORDERS, { body: created });
  const replies = [
    await merchant.sync('B', beijing(-1_000)),
    await merchant.create({ out_order_no: 'B', risk_amount: 1 }),
    await merchant.create({ need_user_confirm: false }),
    await merchant.create({ service_id: '500009' }),
  ];
  expect(replies.map(({ json }) => json['code'])).toEqual([
    'INVALID_ORDER_STATE',
    'INVALID_REQUEST',
    'PARAM_ERROR',
    'NO_AUTH',
  ]);
});
