import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import {
  createServiceMerchant,
  type ServiceMerchant,
} from '../../fixtures/sandbox/service-orders.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const RULES = { ...DEFAULT_RULES, payDelaySeconds: null };
let sandbox: Sandbox;
let merchant: ServiceMerchant;

beforeAll(async () => {
  sandbox = await startTestSandbox({ rules: RULES });
  merchant = createServiceMerchant(sandbox.credentials);
});
afterEach(() => merchant.rules(RULES));
afterAll(() => sandbox.close());

function write(name: string, outOrderNo: string) {
  switch (name) {
    case 'complete':
      return merchant.complete(outOrderNo, 300);
    case 'modify':
      return merchant.modify(outOrderNo, 100);
    case 'sync':
      return merchant.sync(outOrderNo);
    case 'cancel':
      return merchant.operate(outOrderNo, 'cancel', { reason: '另一个原因' });
    default:
      return merchant.operate(outOrderNo, name, {});
  }
}

/** Operation, phase; code as merchants saw it, code as the table of errors lists it; number. */
const STATES: readonly (readonly [string, string, string, string, number])[] = [
  ['complete', 'created', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302332],
  ['complete', 'completed', 'INVALID_REQUEST', 'INVALID_REQUEST', 271316598],
  ['complete', 'done', 'PARAM_ERROR', 'ORDER_DONE', 271302262],
  ['complete', 'revoked', 'INVALID_REQUEST', 'ORDER_CANCELED', 271302333],
  ['complete', 'expired', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302262],
  ['cancel', 'done', 'PARAM_ERROR', 'ORDER_DONE', 271316592],
  ['cancel', 'expired', 'PARAM_ERROR', 'INVALID_ORDER_STATE', 271316592],
  ['modify', 'accepted', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271316657],
  ['modify', 'done', 'INVALID_REQUEST', 'ORDER_DONE', 271316657],
  ['pay', 'created', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302332],
  ['pay', 'accepted', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302332],
  ['pay', 'done', 'INVALID_REQUEST', 'ORDER_DONE', 271316657],
  ['pay', 'revoked', 'INVALID_REQUEST', 'ORDER_CANCELED', 271302333],
  ['sync', 'created', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302332],
  ['sync', 'accepted', 'INVALID_REQUEST', 'INVALID_ORDER_STATE', 271302262],
  ['sync', 'done', 'ORDER_DONE', 'ORDER_DONE', 271302262],
  ['sync', 'revoked', 'INVALID_REQUEST', 'ORDER_CANCELED', 271302333],
];

describe('refusals because of the state', () => {
  test.each(STATES)(
    '%s of a %s service order is %s, or %s by stateRefusals, with the number %i',
    async (name, phase, seen, listed, number) => {
      const outOrderNo = await merchant.orderIn(phase);
      const before = await merchant.query(outOrderNo);
      const first = await write(name, outOrderNo);
      await merchant.rules({ stateRefusals: 'as-listed' });
      const second = await write(name, outOrderNo);
      expect([first, second].map(({ status, json }) => [status, json['code']])).toEqual([
        [400, seen],
        [400, listed],
      ]);
      expect([first.number, second.number]).toEqual([String(number), String(number)]);
      expect(await merchant.query(outOrderNo)).toEqual(before);
    },
  );

  test('a canceled order is not canceled again for another reason', async () => {
    const outOrderNo = await merchant.orderIn('revoked');
    expect((await write('cancel', outOrderNo)).number).toBe('271316592');
    const repeat = await merchant.operate(outOrderNo, 'cancel', { reason: '首个原因' });
    expect(repeat.status).toBe(200);
    await merchant.rules({ stateRefusals: 'as-listed' });
    expect(await write('cancel', outOrderNo)).toMatchObject({
      json: { code: 'ORDER_CANCELED' },
      number: '271302333',
    });
  });

  test('an order whose payment is due cannot be canceled if cancelWhilePaying says so', async () => {
    await merchant.rules({ cancelWhilePaying: false });
    const reply = await write('cancel', await merchant.orderIn('completed'));
    expect([reply.json['code'], reply.number]).toEqual(['PARAM_ERROR', '271316592']);
  });

  test.each(['cancel', 'modify', 'sync', 'complete', 'pay'])(
    '%s is busy while a debit runs',
    async (name) => {
      await merchant.rules({ debitSeconds: 60 });
      const outOrderNo = await merchant.orderIn('completed');
      const reply = await write(name, outOrderNo);
      expect([reply.json['code'], reply.number]).toEqual(['INVALID_REQUEST', '271316754']);
    },
  );
});

/** What is wrong with a body, the field that is named, and the number. */
const AT_CREATE: readonly (readonly [string, JsonObject, JsonObject, string, number])[] = [
  ['a fund above the cap', { riskCap: 999 }, {}, '/risk_fund/amount', 271316656],
  [
    'a fund of the other kind of service',
    { riskFundNames: 'estimate' },
    {},
    '/risk_fund/name',
    268435464,
  ],
  ['no notify_url', {}, { notify_url: undefined }, '/notify_url', 268435464],
  [
    'a long remark',
    {},
    { time_range: { start_time: 'OnAccept', end_time_remark: '深'.repeat(21) } },
    '/time_range/end_time_remark',
    268435464,
  ],
  [
    'a long place, known by analogy',
    {},
    { location: { start_location: '深'.repeat(21) } },
    '/location/start_location',
    268435464,
  ],
  [
    'a device that is a number',
    {},
    { device: { start_device_id: 7 } },
    '/device/start_device_id',
    268435464,
  ],
];

describe('refusals of a create', () => {
  test.each(AT_CREATE)('a create with %s is refused', async (_, rules, changes, field, number) => {
    await merchant.rules(rules);
    const reply = await merchant.create(merchant.order(changes));
    expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field } });
    expect(reply.number).toBe(String(number));
  });

  test.each<[string, JsonObject, JsonObject]>([
    [
      'a long remark',
      { endTimeRemarkLength: 50 },
      { time_range: { start_time: 'OnAccept', end_time_remark: '深'.repeat(50) } },
    ],
    ['no notify_url', { notifyUrlRequired: false }, { notify_url: undefined }],
    ['a long place', { analogyRules: false }, { location: { start_location: '深'.repeat(21) } }],
    [
      'no need_user_confirm, where that means none',
      { needUserConfirmDefault: false },
      { need_user_confirm: undefined, openid: 'oUser' },
    ],
  ])('a create with %s succeeds if the switch says so', async (_, rules, changes) => {
    await merchant.rules(rules);
    expect((await merchant.create(merchant.order(changes))).status).toBe(200);
  });

  test.each([
    ['fails', '271300099'],
    ['unpaid-orders', '271299627'],
    ['youth-mode', '268560785'],
  ])(
    'a user whose assessment is %s can use the service in neither mode',
    async (assessment, number) => {
      const waiting = await merchant.orderIn('created');
      await merchant.rules({ assessment });
      const reply = await merchant.create(
        merchant.order({ need_user_confirm: false, openid: 'oUser' }),
      );
      expect([reply.json['code'], reply.number]).toEqual(['INVALID_REQUEST', number]);
      const confirmed = await merchant.user(waiting, 'confirm');
      expect([confirmed.status, confirmed.json['error']]).toEqual([
        409,
        expect.stringContaining(number),
      ]);
    },
  );

  test('a create without confirmation needs the authorization of the user, and the mode', async () => {
    const body = () => merchant.order({ need_user_confirm: false, openid: 'oNobody' });
    await merchant.control('POST', '/sandbox/users/oNobody', { useServiceState: 'UNAVAILABLE' });
    const refusal = { status: 403, json: { code: 'NO_AUTH' }, number: '268503786' };
    expect(await merchant.create(body())).toMatchObject(refusal);
    await merchant.control('POST', '/sandbox/users/oNobody', { useServiceState: 'AVAILABLE' });
    expect((await merchant.create(body())).json['state_description']).toBe('USER_CONFIRM');
    await merchant.rules({ withoutConfirmation: 'refused' });
    expect(await merchant.create(body())).toMatchObject(refusal);
    await merchant.rules({ withoutConfirmation: 'stays-created' });
    expect((await merchant.create(body())).json['state']).toBe('CREATED');
  });

  test('a repeated create may differ in texts only if createCompares says so', async () => {
    const body = merchant.order();
    await merchant.create(body);
    const other = { ...body, service_introduction: '其他' };
    expect((await merchant.create(other)).number).toBe('271316598');
    await merchant.rules({ createCompares: 'terms' });
    expect((await merchant.create(other)).json['service_introduction']).toBe('某某酒店');
    const dearer = { ...body, risk_fund: { name: 'DEPOSIT', amount: 1_001 } };
    expect((await merchant.create(dearer)).number).toBe('271316598');
  });
});

describe('bodies of the other writes', () => {
  test('cancel and pay may leave the service_id out, pay the appid too', async () => {
    const outOrderNo = await merchant.orderIn('completed');
    const none = { service_id: undefined };
    expect((await merchant.operate(outOrderNo, 'pay', { ...none, appid: undefined })).status).toBe(
      200,
    );
    expect((await merchant.operate(outOrderNo, 'cancel', { ...none, reason: 'r' })).status).toBe(
      200,
    );
    const foreign = { service_id: '500009', reason: 'r' };
    expect((await merchant.operate(outOrderNo, 'cancel', foreign)).status).toBe(403);
  });

  test.each<[string, JsonObject]>([
    ['cancel', { reason: 'r' }],
    ['sync', { type: 'Order_Paid', detail: { paid_time: '20260101' } }],
    ['pay', {}],
  ])('%s with its number in the body too is refused', async (name, body) => {
    const sent = { ...body, out_order_no: 'R1' };
    const reply = await merchant.operate(await merchant.orderIn('completed'), name, sent);
    expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/out_order_no' } });
  });

  test('a cancel has a reason of at most 50 characters, also without rules by analogy', async () => {
    await merchant.rules({ analogyRules: false });
    const outOrderNo = await merchant.orderIn('created');
    const cancel = (reason: string) => merchant.operate(outOrderNo, 'cancel', { reason });
    expect((await cancel('因'.repeat(51))).json).toMatchObject({ detail: { field: '/reason' } });
    expect((await cancel('因'.repeat(50))).status).toBe(200);
  });

  test('a complete leaves the start out after OnAccept', async () => {
    const outOrderNo = await merchant.orderIn('accepted');
    const now = merchant.digits(14);
    const reply = await merchant.complete(outOrderNo, 400, {
      time_range: { start_time: now, end_time: now },
    });
    expect(reply.json).toMatchObject({ detail: { field: '/time_range/start_time' } });
  });

  test('a start after the planned end is refused also without an end', async () => {
    const time_range = { start_time: '20260101', end_time: '20991225' };
    const outOrderNo = await merchant.orderIn('accepted', { time_range });
    const complete = (start_time: string) =>
      merchant.complete(outOrderNo, 400, { time_range: { start_time } });
    expect((await complete('20991226')).number).toBe('271316637');
    expect((await complete('20260102')).status).toBe(200);
  });

  test('a name may repeat among the payments only, and only 商品信息', async () => {
    const create = (list: string, name: string) => {
      const item = { name, amount: 1, description: '说明' };
      return merchant.create(merchant.order({ [list]: [item, item] }));
    };
    expect((await create('post_payments', '商品信息')).status).toBe(200);
    expect((await create('post_payments', '房费')).json).toMatchObject({
      detail: { field: '/post_payments/1/name' },
    });
    expect((await create('post_discounts', '商品信息')).json).toMatchObject({
      detail: { field: '/post_discounts/1/name' },
    });
  });

  test('a complete or modify of before a cancel does not succeed again after it', async () => {
    const outOrderNo = await merchant.orderIn('accepted');
    const end = { time_range: { end_time: merchant.digits(14) } };
    const complete = () => merchant.complete(outOrderNo, 400, end);
    const modify = () => merchant.modify(outOrderNo, 300);
    expect([(await complete()).status, (await complete()).status]).toEqual([200, 200]);
    await merchant.advance(10);
    expect([(await modify()).status, (await modify()).status]).toEqual([200, 200]);
    await merchant.operate(outOrderNo, 'cancel', { reason: '协商' });
    expect((await complete()).number).toBe('271302333');
    expect((await modify()).status).toBe(400);
  });

  test('the total of an estimate may be above the fund, up to the cap of the service', async () => {
    const risk_fund = { name: 'ESTIMATE_ORDER_COST', amount: 1_000 };
    await merchant.rules({ riskCap: 5_000 });
    const outOrderNo = await merchant.orderIn('accepted', { risk_fund });
    expect((await merchant.complete(outOrderNo, 5_001)).number).toBe('271316656');
    expect((await merchant.complete(outOrderNo, 5_000)).status).toBe(200);
  });

  test.each(['send-prepaidmessage', 'send-pendingmessage'])(
    '%s is accepted once for each order, with the fields of its table',
    async (name) => {
      const outOrderNo = await merchant.orderIn('accepted');
      const body = {
        appid: undefined,
        post_payments: [{ name: '房费', amount: 400 }],
        total_amount: 400,
        prepaid_time: merchant.digits(8),
      };
      const send = (changes = {}) => merchant.operate(outOrderNo, name, { ...body, ...changes });
      const wrong = await send({ prepaid_time: '2026-01-01' });
      expect(wrong.json).toMatchObject({ detail: { field: '/prepaid_time' } });
      expect(await send()).toMatchObject({ status: 204, text: '' });
      expect(await send()).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
      expect((await merchant.operate('NOBODY', name, body)).number).toBe('271317510');
    },
  );

  test('the time of a sync may be a day', async () => {
    const outOrderNo = await merchant.orderIn('completed');
    expect((await merchant.sync(outOrderNo, '20250101')).json).toMatchObject({
      detail: { field: '/detail/paid_time' },
    });
    expect((await merchant.sync(outOrderNo, merchant.digits(8))).json['state']).toBe('DONE');
  });

  test('a modify is limited by the switches modifyOnce, modifyToZero and repeatedModifySucceeds', async () => {
    const outOrderNo = await merchant.orderIn('completed');
    expect((await merchant.modify(outOrderNo, 300)).status).toBe(200);
    expect((await merchant.modify(outOrderNo, 300)).status).toBe(200);
    await merchant.rules({ repeatedModifySucceeds: false });
    expect((await merchant.modify(outOrderNo, 300)).json['code']).toBe('PARAM_ERROR');
    await merchant.rules({ modifyToZero: false });
    expect((await merchant.modify(outOrderNo, 0)).json['code']).toBe('PARAM_ERROR');
    await merchant.rules({ modifyOnce: true });
    expect((await merchant.modify(outOrderNo, 200)).number).toBe('271316657');
  });

  test('a pay on an empty wallet is accepted, or fails if payOnEmptyWallet says so', async () => {
    await merchant.rules({ collection: 'fails', payDelaySeconds: 0 });
    const outOrderNo = await merchant.orderIn('completed');
    expect((await write('pay', outOrderNo)).status).toBe(200);
    expect(await merchant.query(outOrderNo)).toMatchObject({
      collection: { state: 'USER_PAYING' },
    });
    await merchant.rules({ payOnEmptyWallet: 'refused' });
    expect((await write('pay', outOrderNo)).number).toBe('271316574');
    await merchant.user(outOrderNo, 'pay');
    expect(await merchant.query(outOrderNo)).toMatchObject({ state: 'DONE' });
  });
});
