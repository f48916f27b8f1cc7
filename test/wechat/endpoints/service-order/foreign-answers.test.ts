import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  PermissionOutcomeUnknownError,
  type WechatPay,
  WechatRefusedError,
  WechatUntrustedError,
} from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../../fixtures/wechat/orders.ts';
import { failureOf } from '../../../fixtures/wechat/sandbox-client.ts';
import {
  answerTo,
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import {
  aServiceOrder,
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  IDS_ON_WIRE,
  WHOLE_COMPLETE,
} from '../../../fixtures/wechat/service-orders.ts';

/*
 * Validly signed answers with the ids of the request that are about something else, or a repeat.
 */

const S1 = { ...IDS, outOrderNo: 'S1' };
const NO_RETRY = { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY };
let write: Reply = {};
let query: Reply = {};
let wechat: WechatPay;
let stop = () => Promise.resolve();
beforeAll(async () => {
  const [merchant, wechatKey] = [rsaKeys(), rsaKeys()];
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  const upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method }) =>
    method === 'GET' ? query : write,
  );
  wechat = clientOf(upstream.url, merchant, wechatKey, { resilience: NO_RETRY });
  stop = async () => {
    await wechat.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

const payAfter = (state: string) => ({ body: answerTo('S1', { state, risk_amount: 9_900 }) });

test('an order of the other product with the same ids is no answer to a query', async () => {
  query = payAfter('CREATED');
  expect(await failureOf(wechat.serviceOrders.query(S1))).toBeInstanceOf(WechatUntrustedError);
  query = { body: JSON.stringify(CREATED_ON_WIRE) };
  expect(await failureOf(wechat.queryPayAfterOrder(S1))).toBeInstanceOf(WechatUntrustedError);
});

test('an order of the other product with the same ids does not confirm a write', async () => {
  write = { body: answerTo('S1', { order_id: '15646546545165651651' }) };
  const request = { ...S1, reason: '用户投诉' };
  query = payAfter('REVOKED');
  const ofService = await failureOf(wechat.serviceOrders.cancel.send(request));
  expect(ofService).toBeInstanceOf(OrderOutcomeUnknownError);
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const ofPayAfter = await failureOf(wechat.cancelPayAfterOrder(request));
  expect(ofPayAfter).toBeInstanceOf(OrderOutcomeUnknownError);
});

test('the order id is that of the order which confirms a write, not that of a response to another order', async () => {
  write = { body: answerTo('S1', { order_id: 'of another order' }) };
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const request = { ...S1, reason: '用户投诉' };
  const { order_id: orderId } = CREATED_ON_WIRE;
  expect(await wechat.serviceOrders.cancel.send(request)).toMatchObject({ orderId });
});

test('a repeat of what succeeded does not return the order id of another order either', async () => {
  write = { body: answerTo('S1', { order_id: 'of another order' }) };
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const request = { ...S1, reason: '用户投诉' };
  const repeat = () => wechat.serviceOrders.cancel.send(request, { succeededBefore: true });
  const { order_id: orderId } = CREATED_ON_WIRE;
  expect(await repeat()).toMatchObject({ orderId });
  query = { status: 503, body: '{}' };
  expect(await failureOf(repeat())).toBeInstanceOf(OrderOutcomeUnknownError);
});

test('a response without the total does not show what a repeated complete returns', async () => {
  write = { body: JSON.stringify({ ...COMPLETED_ON_WIRE, total_amount: undefined }) };
  query = { body: JSON.stringify(COMPLETED_ON_WIRE) };
  const { complete } = wechat.serviceOrders;
  for (const succeededBefore of [false, true]) {
    const completed = await complete.send(WHOLE_COMPLETE, { succeededBefore });
    expect(completed).toMatchObject({ order: { totalAmount: 39_900 } });
  }
});

test('the order that confirms a create decides whether it has started, not a response without a package', async () => {
  const accepted = { ...CREATED_ON_WIRE, state: 'DOING', state_description: 'USER_CONFIRM' };
  const request = aServiceOrder({ needUserConfirm: false, openid: 'o1' });
  const create = () => wechat.serviceOrders.create.send(request);
  write = { body: JSON.stringify(CREATED_ON_WIRE) };
  query = { body: JSON.stringify(accepted) };
  expect(await create()).toMatchObject({ state: 'DOING' });
  write = { body: JSON.stringify(accepted) };
  query = { body: JSON.stringify(CREATED_ON_WIRE) };
  expect(await failureOf(create())).toBeInstanceOf(OrderNotStartedError);
});

const CONFIRMED = { ...CREATED_ON_WIRE, state: 'DOING', state_description: 'USER_CONFIRM' };
const PAID_ELSEWHERE = { state: 'USER_PAID', details: [{ paid_type: 'MCH' }] };
const PAYING = { state: 'USER_PAYING', total_amount: 39_900 };
const FIVE_IDS = { ...IDS_ON_WIRE, order_id: CREATED_ON_WIRE.order_id };
const { serviceId: service_id, ...APP } = IDS;
const PERMISSION = { ...APP, service_id, mchid: MCHID, authorization_state: 'AVAILABLE' };
const orders = () => wechat.serviceOrders;

interface Case {
  readonly call: () => Promise<unknown>;
  readonly answer: object;
  /** What a query shows before the write and after it. */
  readonly before?: object;
  readonly after?: object;
  /** Ids that a response to this call has without being compared. */
  readonly loose?: readonly string[];
}

const WRITES: Readonly<Record<string, Required<Omit<Case, 'loose'>>>> = {
  create: {
    call: () => orders().create.send(aServiceOrder()),
    answer: { ...CREATED_ON_WIRE, package: 'p' },
    before: { ...CREATED_ON_WIRE, risk_fund: { name: 'DEPOSIT', amount: 1 } },
    after: CREATED_ON_WIRE,
  },
  complete: {
    call: () => orders().complete.send(WHOLE_COMPLETE),
    answer: COMPLETED_ON_WIRE,
    before: CONFIRMED,
    after: { ...COMPLETED_ON_WIRE, collection: PAYING },
  },
  modify: {
    call: () => {
      const lists = { postPayments: [{ name: '房费', amount: 99 }], totalAmount: 99 };
      return orders().modify.send({ ...S1, ...lists, reason: '用户投诉' });
    },
    answer: { ...COMPLETED_ON_WIRE, collection: { ...PAYING, total_amount: 99 } },
    before: { ...COMPLETED_ON_WIRE, collection: PAYING },
    after: { ...COMPLETED_ON_WIRE, collection: { ...PAYING, total_amount: 99 } },
  },
  cancel: {
    call: () => orders().cancel.send({ ...S1, reason: '用户投诉' }),
    answer: FIVE_IDS,
    before: CONFIRMED,
    after: { ...CREATED_ON_WIRE, state: 'REVOKED' },
  },
  collect: {
    call: () => orders().collect.send(S1),
    answer: FIVE_IDS,
    before: CONFIRMED,
    after: { ...COMPLETED_ON_WIRE, collection: PAYING },
  },
  sync: {
    call: () => {
      const detail = { paidTime: '20260706100101' };
      return orders().sync.send({ ...S1, type: 'Order_Paid', detail });
    },
    answer: { ...COMPLETED_ON_WIRE, state: 'DONE', collection: PAID_ELSEWHERE },
    before: { ...COMPLETED_ON_WIRE, collection: PAYING },
    after: { ...COMPLETED_ON_WIRE, state: 'DONE', collection: PAID_ELSEWHERE },
  },
};
const QUERIES: Readonly<Record<string, Case>> = {
  query: { call: () => orders().query(S1), answer: CREATED_ON_WIRE },
  'query by query_id': {
    call: () => orders().query({ ...IDS, queryId: 'q1' }),
    answer: CREATED_ON_WIRE,
    loose: ['out_order_no'],
  },
  'permission by number': {
    call: () => wechat.permissions.query({ ...IDS, authorizationCode: 'S1' }),
    answer: { ...PERMISSION, authorization_code: 'S1' },
  },
  'permission by user': {
    call: () => wechat.permissions.query({ ...IDS, openid: 'o1' }),
    answer: { ...PERMISSION, openid: 'o1' },
  },
};

describe.each(Object.entries<Case>({ ...WRITES, ...QUERIES }))('%s', (name, one) => {
  const { call, answer, after, loose = [] } = one;
  const answered = (body: object) => {
    write = { body: JSON.stringify(body) };
    query = after === undefined ? write : { body: JSON.stringify(after) };
    return failureOf(call().then(() => Promise.reject('success')));
  };
  const unproven = name in WRITES ? OrderOutcomeUnknownError : WechatUntrustedError;

  test('a signed response that lacks an id of the request or has another is never a success', async () => {
    expect(await answered(answer)).toBe('success');
    const compared = NAMES_OF_IDS.filter((field) => field in answer && !loose.includes(field));
    expect(compared.length).toBeGreaterThanOrEqual(3);
    for (const wrong of subsetsOf(compared)) {
      const without = Object.entries(answer).filter(([field]) => !wrong.includes(field));
      const others = wrong.map((field) => [field, 'B2']);
      const body = Object.fromEntries(without);
      expect(await answered(body), wrong.join()).toBeInstanceOf(unproven);
      const other = { ...answer, ...Object.fromEntries(others) };
      expect(await answered(other), wrong.join()).toBeInstanceOf(unproven);
    }
    // WeChat Pay may leave out the user.
    if ('openid' in answer) {
      expect(await answered({ ...answer, openid: 'o2' })).toBeInstanceOf(unproven);
    }
  });
});

const NAMES_OF_IDS = ['mchid', 'appid', 'service_id', 'out_order_no', 'authorization_code'];

/** Every choice of one or more. */
function subsetsOf(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: 2 ** names.length - 1 }, (_, mask) =>
    names.filter((_name, index) => ((mask + 1) >> index) & 1),
  );
}

const OF_PAY_AFTER = {
  create: { order_id: '1', package: 'p', miniprogram_businesstype: 'wxpayScoreUse' },
  'complete, cancel or sync': { order_id: '1' },
  query: { state: 'USER_PAID', risk_amount: 50_000, total_amount: 39_900 },
};

test.each(Object.entries(WRITES))(
  'a %s does not succeed with a response to the pay-after order with the same ids',
  async (_, { call, before }) => {
    query = { body: JSON.stringify(before) };
    for (const [of, more] of Object.entries(OF_PAY_AFTER)) {
      write = { body: answerTo('S1', more) };
      expect(await failureOf(call()), of).toBeInstanceOf(OrderOutcomeUnknownError);
    }
  },
);

const { appid, serviceId } = IDS;
const ended = { appid, service_id: serviceId, mchid: MCHID, authorization_state: 'UNAVAILABLE' };
const end = () => wechat.permissions.terminate({ ...IDS, openid: 'o1', reason: '用户要求' });

test('the end of a permission is not confirmed by one that names no user', async () => {
  write = { status: 204, body: '' };
  query = { body: JSON.stringify(ended) };
  expect(await failureOf(end())).toBeInstanceOf(PermissionOutcomeUnknownError);
  query = { body: JSON.stringify({ ...ended, openid: 'o1' }) };
  expect(await end()).toMatchObject({ openid: 'o1', authorizationState: 'UNAVAILABLE' });
});

test('a refusal to end a permission that has ended is no failure', async () => {
  const body = JSON.stringify({ code: 'INVALID_REQUEST', message: '' });
  write = { status: 400, body, requestId: '08F4-1' };
  query = { body: JSON.stringify({ ...ended, openid: 'o1' }) };
  expect(await end()).toMatchObject({ authorizationState: 'UNAVAILABLE' });
  query = { body: JSON.stringify({ ...ended, openid: 'o1', authorization_state: 'AVAILABLE' }) };
  expect(await failureOf(end())).toBeInstanceOf(WechatRefusedError);
});
