import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Wechatpay } from 'wechatpay-axios-plugin';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  OrderBusyError,
  OrderConflictError,
  OrderStateError,
  PermissionInUseError,
  type WechatPay,
  WechatRefusedError,
} from '../../../src/wechat/index.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { createTestClient } from '../../fixtures/wechat/test-client.ts';

const PATH = '/v3/payscore/serviceorder';
const USER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const PAYMENTS = [{ name: '房费', amount: 400 }];
let sandbox: Sandbox;
let merchant: Merchant;
let client: WechatPay;
let ids: { appid: string; serviceId: string };
let last = 0;
/** How far the clock of the sandbox is ahead, in ms. */
let aheadMs = 0;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
  client = createTestClient(sandbox.credentials);
  const { WECHAT_APPID, WECHAT_SERVICE_ID } = sandbox.credentials;
  ids = { appid: WECHAT_APPID, serviceId: WECHAT_SERVICE_ID };
  await rules({});
});
afterEach(() => rules({}));
afterAll(async () => {
  await client.close();
  await sandbox.close();
});

/** Nothing is collected by itself unless a test says so. */
function rules(changes: object) {
  const usual = {
    payDelaySeconds: null,
    collection: 'succeeds',
    debitSeconds: 0,
    cancelWhilePaying: true,
    stateAfterZeroTotal: 'DONE',
    notifyUrlMustBeHttps: true,
  };
  return merchant.control('POST', '/sandbox/rules', { ...usual, ...changes });
}

function order(changes: object = {}) {
  last += 1;
  return {
    ...ids,
    outOrderNo: `S${last}`,
    serviceIntroduction: '某某酒店',
    timeRange: { startTime: 'OnAccept' },
    riskFund: { name: 'DEPOSIT', amount: 1_000 },
    notifyUrl: 'https://shop.example/wechat/notify',
    needUserConfirm: true,
    ...changes,
  };
}

/** Now, in the sandbox. */
const now = () => new Date(Date.now() + aheadMs).toISOString().replace(/\.\d+/, '');
const advance = async (seconds: number) => {
  await merchant.control('POST', '/sandbox/clock', { advanceSeconds: seconds });
  aheadMs += seconds * 1_000;
};
const step = (number: string, name: string) =>
  merchant.control('POST', `/sandbox/service-orders/${number}/${name}`);
const stateOf = async (outOrderNo: string) => {
  const shown = await client.serviceOrders.query({ ...ids, outOrderNo });
  return [shown?.state, shown?.stateDescription, shown?.collection?.state ?? null];
};

/** An order that the user has confirmed a while ago. */
async function accepted(changes: object = {}) {
  const created = order(changes);
  await client.serviceOrders.create.send(created);
  await step(created.outOrderNo, 'confirm');
  await advance(5);
  return created.outOrderNo;
}

async function completed(totalAmount = 400) {
  const outOrderNo = await accepted();
  await client.serviceOrders.complete.send(completion(outOrderNo, totalAmount));
  return outOrderNo;
}

function completion(outOrderNo: string, totalAmount: number) {
  return {
    ...ids,
    outOrderNo,
    postPayments: [{ name: '房费', amount: totalAmount }],
    totalAmount,
    timeRange: { endTime: now() },
  };
}

describe('the life of a service order', () => {
  test('a service order goes from create over confirm and complete to paid', async () => {
    const created = order({ attach: 'a', postPayments: PAYMENTS });
    const answer = await client.serviceOrders.create.send(created);
    expect(answer).toMatchObject({ state: 'CREATED', package: expect.any(String) });
    expect(await client.serviceOrders.create.send(created)).toEqual(answer);

    await step(created.outOrderNo, 'confirm');
    expect(await stateOf(created.outOrderNo)).toEqual(['DOING', 'USER_CONFIRM', null]);
    await advance(5);

    const done = await client.serviceOrders.complete.send(completion(created.outOrderNo, 400));
    expect(done.order).toMatchObject({
      state: 'DOING',
      stateDescription: 'MCH_COMPLETE',
      totalAmount: 400,
      needCollection: true,
      collection: null,
    });
    expect(await stateOf(created.outOrderNo)).toEqual(['DOING', 'MCH_COMPLETE', 'USER_PAYING']);

    await step(created.outOrderNo, 'pay');
    const paid = await client.serviceOrders.query({ ...ids, outOrderNo: created.outOrderNo });
    expect(paid).toMatchObject({
      state: 'DONE',
      attach: 'a',
      openid: USER,
      collection: {
        state: 'USER_PAID',
        paidAmount: 400,
        details: [{ paidType: 'NEWTON', transactionId: expect.stringMatching(/^4200/) }],
      },
    });
  });

  test('a debit succeeds by itself after a while, or fails until the user pays', async () => {
    await rules({ payDelaySeconds: 0, collection: 'fails' });
    const outOrderNo = await completed();
    expect(await stateOf(outOrderNo)).toEqual(['DOING', 'MCH_COMPLETE', 'USER_PAYING']);
    await rules({ payDelaySeconds: 0 });
    await client.serviceOrders.collect.send({ ...ids, outOrderNo });
    expect(await stateOf(outOrderNo)).toEqual(['DONE', null, 'USER_PAID']);
  });

  test('an order without confirmation is under way immediately', async () => {
    const created = order({ needUserConfirm: false, openid: USER });
    expect(await client.serviceOrders.create.send(created)).toMatchObject({
      state: 'DOING',
      stateDescription: 'USER_CONFIRM',
    });
  });

  test('a modify lowers the amount, any number of times', async () => {
    const outOrderNo = await completed();
    const modify = (totalAmount: number) =>
      client.serviceOrders.modify.send({
        ...ids,
        outOrderNo,
        postPayments: [{ name: '房费', amount: totalAmount }],
        totalAmount,
        reason: '用户投诉',
      });
    expect((await modify(300)).order).toMatchObject({ collection: { totalAmount: 300 } });
    expect((await modify(200)).order).toMatchObject({ totalAmount: 200, openid: null });
  });

  test('a sync ends the order as paid through the merchant', async () => {
    const outOrderNo = await completed();
    await advance(5);
    const { order: shown } = await client.serviceOrders.sync.send({
      ...ids,
      outOrderNo,
      type: 'Order_Paid',
      detail: { paidTime: now() },
    });
    expect(shown).toMatchObject({
      state: 'DONE',
      collection: { details: [{ paidType: 'MCH', transactionId: null }] },
    });
  });

  test('a complete with nothing to pay is done, without collection', async () => {
    const outOrderNo = await completed(0);
    expect(await stateOf(outOrderNo)).toEqual(['DONE', null, null]);
  });

  test('an order expires 30 days after the create', async () => {
    const created = order();
    const { outOrderNo } = created;
    await client.serviceOrders.create.send(created);
    const day = 86_400;
    await advance(29 * day);
    expect(await stateOf(outOrderNo)).toEqual(['CREATED', null, null]);
    await advance(day);
    expect(await stateOf(outOrderNo)).toEqual(['EXPIRED', null, null]);
  });

  test('one number is an order of each product', async () => {
    const created = order();
    const key = { ...ids, outOrderNo: created.outOrderNo };
    await client.createPayAfterOrder({
      ...key,
      serviceStartTime: 'OnAccept',
      serviceStartLocation: '北京西站',
      serviceIntroduction: '充电宝租借',
      riskAmount: 9900,
    });
    await client.serviceOrders.create.send(created);
    await client.serviceOrders.cancel.send({ ...key, reason: '用户取消' });
    expect(await stateOf(created.outOrderNo)).toEqual(['REVOKED', null, null]);
    expect(await client.queryPayAfterOrder(key)).toMatchObject({ state: 'CREATED' });
  });
});

describe('what is refused', () => {
  test('cancel and modify while a debit runs are busy', async () => {
    await rules({ debitSeconds: 60 });
    const outOrderNo = await completed();
    const cancel = client.serviceOrders.cancel.send({ ...ids, outOrderNo, reason: '用户取消' });
    await expect(cancel).rejects.toBeInstanceOf(OrderBusyError);
    await advance(61);
    await client.serviceOrders.cancel.send({ ...ids, outOrderNo, reason: '用户取消' });
    expect(await stateOf(outOrderNo)).toEqual(['REVOKED', null, null]);
  });

  test('a cancel of an order that waits for its payment, where the switch says so', async () => {
    await rules({ cancelWhilePaying: false });
    const outOrderNo = await completed();
    const cancel = client.serviceOrders.cancel.send({ ...ids, outOrderNo, reason: '用户取消' });
    await expect(cancel).rejects.toBeInstanceOf(OrderStateError);
  });

  test('other parameters under one number are a conflict, at create and at complete', async () => {
    const created = order();
    await client.serviceOrders.create.send(created);
    const other = client.serviceOrders.create.send({ ...created, serviceIntroduction: '其他' });
    await expect(other).rejects.toBeInstanceOf(OrderConflictError);
    const outOrderNo = await completed(400);
    const again = client.serviceOrders.complete.send(completion(outOrderNo, 300));
    await expect(again).rejects.toBeInstanceOf(OrderConflictError);
  });

  test.each<[string, object, string]>([
    ['no fund', { risk_fund: undefined }, '/risk_fund'],
    ['a fund of no known name', { risk_fund: { name: 'UDEPOSIT', amount: 1 } }, '/risk_fund/name'],
    ['a fund of 0', { risk_fund: { name: 'DEPOSIT', amount: 0 } }, '/risk_fund/amount'],
    ['a long introduction', { service_introduction: '深'.repeat(21) }, '/service_introduction'],
    ['no start', { time_range: {} }, '/time_range/start_time'],
    ['a notify_url of http', { notify_url: 'http://shop.example/n' }, '/notify_url'],
    ['a user although it confirms', { openid: USER }, '/openid'],
    ['no user although it does not', { need_user_confirm: false }, '/openid'],
    ['an appid as the user', { need_user_confirm: false, openid: 'wx1' }, '/openid'],
    [
      'two payments of one name',
      { post_payments: [...PAYMENTS, ...PAYMENTS] },
      '/post_payments/1/name',
    ],
    [
      '31 discounts',
      { post_discounts: Array(31).fill({ name: 'a', description: 'b' }) },
      '/post_discounts',
    ],
    ['a null', { attach: null }, '/attach'],
  ])('a create with %s is a PARAM_ERROR that names the field', async (_, changes, field) => {
    last += 1;
    const body = {
      appid: ids.appid,
      service_id: ids.serviceId,
      out_order_no: `S${last}`,
      service_introduction: '某某酒店',
      time_range: { start_time: 'OnAccept' },
      risk_fund: { name: 'DEPOSIT', amount: 1_000 },
      notify_url: 'https://shop.example/n',
      need_user_confirm: true,
      ...changes,
    };
    const reply = await merchant.call('POST', PATH, { body });
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field } });
  });

  test.each<[string, string, object, number, string, string]>([
    ['pay before the complete', 'pay', {}, 400, 'INVALID_REQUEST', '271302332'],
    [
      'modify before the complete',
      'modify',
      { post_payments: PAYMENTS, total_amount: 400, reason: 'r' },
      400,
      'INVALID_REQUEST',
      '271316657',
    ],
    [
      'complete with a total that does not add up',
      'complete',
      { post_payments: PAYMENTS, total_amount: 399 },
      400,
      'PARAM_ERROR',
      '268435464',
    ],
    [
      'complete above the fund',
      'complete',
      { post_payments: [{ name: 'a', amount: 1_001 }], total_amount: 1_001 },
      400,
      'PARAM_ERROR',
      '271316656',
    ],
    [
      'complete without an end, where the create gave none',
      'complete',
      { post_payments: PAYMENTS, total_amount: 400 },
      400,
      'PARAM_ERROR',
      '268435464',
    ],
    ['a number in the body too', 'pay', { out_order_no: 'S1' }, 400, 'PARAM_ERROR', '268435464'],
  ])('%s has its status, code and number', async (_, name, changes, status, code, number) => {
    const outOrderNo = await accepted();
    const body = { appid: ids.appid, service_id: ids.serviceId, ...changes };
    const reply = await merchant.call('POST', `${PATH}/${outOrderNo}/${name}`, { body });
    expect([reply.status, reply.json['code'], reply.number]).toEqual([status, code, number]);
  });

  test('an unknown number is ORDER_NOT_EXIST, a foreign service NO_AUTH', async () => {
    const { appid, serviceId } = ids;
    const at = (service: string) =>
      merchant.call('GET', `${PATH}?service_id=${service}&out_order_no=X1&appid=${appid}`);
    expect(await at(serviceId)).toMatchObject({ status: 404, number: '271317510' });
    expect(await at('500009')).toMatchObject({ status: 403, number: '271302149' });
  });
});

describe('permissions', () => {
  test('a permission is applied for, given by the user, found by both keys, and ended', async () => {
    const key = { ...ids, authorizationCode: 'CODE-1' };
    const openid = 'oPermission';
    const applied = await client.permissions.apply(key);
    expect(applied.applyPermissionsToken).not.toBe('');
    expect(await client.permissions.query(key)).toMatchObject({
      authorizationState: 'UNBINDUSER',
      openid: null,
    });
    await merchant.control('POST', '/sandbox/permissions/CODE-1/grant', { openid });
    const granted = { authorizationState: 'AVAILABLE', openid, authorizationCode: 'CODE-1' };
    expect(await client.permissions.query(key)).toMatchObject(granted);
    expect(await client.permissions.query({ ...ids, openid })).toMatchObject(granted);

    const created = order({ needUserConfirm: false, openid });
    await client.serviceOrders.create.send(created);
    const end = () => client.permissions.terminate({ ...key, reason: '用户要求' });
    await expect(end()).rejects.toBeInstanceOf(PermissionInUseError);
    const { outOrderNo } = created;
    await client.serviceOrders.cancel.send({ ...ids, outOrderNo, reason: '用户取消' });
    expect(await end()).toMatchObject({
      authorizationState: 'UNAVAILABLE',
      cancelAuthorizationTime: expect.stringMatching(/\+08:00$/),
    });
  });
});

describe('webhooks', () => {
  test('confirmed and paid are notified, with the order as a query shows it', async () => {
    await merchant.control('DELETE', '/sandbox/notifications');
    const outOrderNo = await completed();
    await step(outOrderNo, 'pay');
    const { text } = await merchant.control('GET', '/sandbox/notifications');
    const sent: readonly { event_type: string; out_order_no: string }[] = JSON.parse(text);
    expect(sent.map(({ event_type, out_order_no }) => [event_type, out_order_no])).toEqual([
      ['PAYSCORE.USER_CONFIRM', outOrderNo],
      ['PAYSCORE.USER_PAID', outOrderNo],
    ]);
  });
});

test('the SDK of the ecosystem is a client of every endpoint', async () => {
  const { credentials } = sandbox;
  const wxpay = new Wechatpay({
    mchid: credentials.WECHAT_MCHID,
    serial: credentials.WECHAT_MERCHANT_SERIAL,
    privateKey: credentials.WECHAT_MERCHANT_KEY,
    certs: { [credentials.WECHAT_PUBLIC_KEY_ID]: credentials.WECHAT_PUBLIC_KEY },
    baseURL: credentials.WECHAT_BASE_URL,
    proxy: false,
  });
  const sdk = wxpay['v3']?.['payscore'];
  const orders = sdk?.['serviceorder'];
  const headers = { 'Wechatpay-Serial': credentials.WECHAT_PUBLIC_KEY_ID };
  const base = { appid: ids.appid, service_id: ids.serviceId };
  const write = async (number: string, name: string, body: object = {}) => {
    const config = { headers, out_order_no: number };
    const sent = await orders?.['{out_order_no}']?.[name]?.post({ ...base, ...body }, config);
    return sent?.data;
  };
  const query = async (number: string) => {
    const params = { ...base, out_order_no: number };
    return (await orders?.get({ params, headers }))?.data;
  };
  const completedBySdk = async (number: string) => {
    const created = await orders?.post(
      {
        ...base,
        out_order_no: number,
        service_introduction: '某某酒店',
        time_range: { start_time: 'OnAccept' },
        risk_fund: { name: 'DEPOSIT', amount: 1_000 },
        notify_url: 'https://shop.example/n',
        need_user_confirm: true,
      },
      { headers },
    );
    expect(created?.data).toMatchObject({ state: 'CREATED', package: expect.any(String) });
    await step(number, 'confirm');
    await advance(5);
    const total = { post_payments: PAYMENTS, total_amount: 400 };
    const range = { time_range: { end_time: digitsNow() } };
    expect(await write(number, 'complete', { ...total, ...range })).toMatchObject({
      state_description: 'MCH_COMPLETE',
    });
    await advance(5);
  };

  await completedBySdk('SDK-1');
  const lower = { post_payments: [{ name: '房费', amount: 300 }], total_amount: 300 };
  await write('SDK-1', 'modify', { ...lower, reason: 'r' });
  expect(await query('SDK-1')).toMatchObject({
    collection: { state: 'USER_PAYING', total_amount: 300 },
  });
  expect(await write('SDK-1', 'pay')).toMatchObject({ out_order_no: 'SDK-1' });
  expect(await write('SDK-1', 'cancel', { reason: 'r' })).toEqual({
    ...base,
    mchid: credentials.WECHAT_MCHID,
    out_order_no: 'SDK-1',
    order_id: expect.any(String),
  });

  await completedBySdk('SDK-2');
  const detail = { paid_time: digitsNow() };
  expect(await write('SDK-2', 'sync', { type: 'Order_Paid', detail })).toMatchObject({
    state: 'DONE',
    collection: { details: [{ paid_type: 'MCH' }] },
  });

  const { service_id } = base;
  const message = {
    ...{ service_id, post_payments: PAYMENTS, total_amount: 400 },
    prepaid_time: '20990101',
  };
  for (const name of ['send-prepaidmessage', 'send-pendingmessage']) {
    const config = { headers, out_order_no: 'SDK-2' };
    const sent = await orders?.['{out_order_no}']?.[name]?.post(message, config);
    expect(sent?.status).toBe(204);
  }

  const permissions = sdk?.['permissions'];
  const code = { authorization_code: 'SDK-CODE' };
  const applied = await permissions?.post({ ...base, ...code }, { headers });
  expect(applied?.data).toEqual({ apply_permissions_token: expect.any(String) });
  await merchant.control('POST', '/sandbox/permissions/SDK-CODE/grant', { openid: 'oSdk' });
  const byCode = permissions?.['authorizationCode']?.['{authorization_code}'];
  const byUser = permissions?.['openid']?.['{openid}'];
  const shown = { authorization_state: 'AVAILABLE', openid: 'oSdk' };
  const found = await byCode?.get({ params: { service_id }, headers, ...code });
  expect(found?.data).toMatchObject(shown);
  const ofUser = await byUser?.get({ params: base, headers, openid: 'oSdk' });
  expect(ofUser?.data).toMatchObject(shown);
  const ended = await byUser?.['terminate']?.post(
    { ...base, reason: 'r' },
    { headers, openid: 'oSdk' },
  );
  expect(ended?.status).toBe(204);

  const other = { authorization_code: 'SDK-CODE-2' };
  await permissions?.post({ ...base, ...other }, { headers });
  await merchant.control('POST', '/sandbox/permissions/SDK-CODE-2/grant', { openid: 'oSdk2' });
  const reason = { service_id, reason: 'r' };
  const endedByCode = await byCode?.['terminate']?.post(reason, { headers, ...other });
  expect(endedByCode?.status).toBe(204);
});

/** Now, in Beijing. */
function digitsNow(): string {
  const beijing = new Date(Date.now() + aheadMs + 8 * 3_600_000).toISOString();
  return beijing.replaceAll(/[-:T]/g, '').slice(0, 14);
}

test('the two messages are accepted once for each order', async () => {
  const outOrderNo = await accepted();
  const { sendPrepaidMessage, sendPendingMessage } = client.serviceOrders;
  const message = { ...ids, outOrderNo, postPayments: PAYMENTS, totalAmount: 400 };
  for (const write of [sendPrepaidMessage, sendPendingMessage]) {
    const request = { ...message, prepaidTime: '2099-01-01' };
    expect(await write.send(request)).toMatchObject({ outOrderNo, order: { state: 'DOING' } });
    await expect(write.send(request)).rejects.toThrow(WechatRefusedError);
  }
});

test('the fault other-answer of same-order has the id of the order of the product that is called', async () => {
  const created = order();
  await client.serviceOrders.create.send(created);
  const { outOrderNo } = created;
  await merchant.create({ out_order_no: outOrderNo });
  const cancel = { ...ids, outOrderNo, reason: '用户投诉' };
  const fault = { on: 'any', fault: 'other-answer', of: 'same-order' };
  await merchant.control('POST', '/sandbox/faults', fault);
  const { orderId } = await client.serviceOrders.cancel.send(cancel);
  await merchant.control('POST', '/sandbox/faults', fault);
  const ofPayAfter = await client.cancelPayAfterOrder(cancel);
  expect(orderId).toBe((await client.serviceOrders.query({ ...ids, outOrderNo }))?.orderId);
  expect(ofPayAfter.orderId).not.toBe(orderId);
  expect(ofPayAfter.orderId).toMatch(/^\d+$/);
});
