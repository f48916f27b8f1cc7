import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  OrderStateError,
  type WechatPay,
  WechatRefusedError,
  WechatUntrustedError,
} from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../../fixtures/wechat/orders.ts';
import { failureOf } from '../../../fixtures/wechat/sandbox-client.ts';
import {
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import {
  aServiceOrder,
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  DIRECTLY_COMPLETED_ON_WIRE,
  PAID_ON_WIRE,
  WHOLE_COMPLETE,
  WHOLE_DIRECT_COMPLETE,
  WHOLE_MESSAGE,
} from '../../../fixtures/wechat/service-orders.ts';

const S1 = { ...IDS, outOrderNo: 'S1' };
const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
/** One attempt a call: the answer is the same each time. */
const NO_RETRY = { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY };

/** The answer to the call, and to the queries that may follow it. */
let replies: readonly Reply[] = [];
let calls = 0;
let client: WechatPay | undefined;
let stop = () => Promise.resolve();
const wechat = () => client ?? raise();
const raise = () => {
  throw new Error('the client exists from beforeAll to afterAll');
};

beforeAll(async () => {
  const upstream = await startSdkUpstream(merchant.publicPem, signers, () => {
    const reply = replies[Math.min(calls, replies.length - 1)] ?? {};
    calls += 1;
    return reply;
  });
  client = clientOf(upstream.url, merchant, wechatKey, { resilience: NO_RETRY });
  stop = async () => {
    await client?.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

/** What the call ends in, answered with these replies in turn. */
async function endOf(call: () => Promise<unknown>, ...given: readonly (object | Reply)[]) {
  calls = 0;
  replies = given.map((reply) =>
    'body' in reply || 'status' in reply ? reply : { body: JSON.stringify(reply) },
  );
  return await failureOf(call().then(() => Promise.reject('success')));
}

function refused(code: string, number: number, status = 400, message = ''): Reply {
  return { status, body: JSON.stringify({ code, message }), requestId: `08F4-${number}` };
}

const modify = {
  ...S1,
  postPayments: [{ name: '房费', amount: 100 }],
  totalAmount: 99,
  reason: '用户投诉',
};
const sync = { ...S1, type: 'Order_Paid', detail: { paidTime: '20260706100101' } };
const WRITES: Readonly<Record<string, () => Promise<unknown>>> = {
  create: () => wechat().serviceOrders.create.send(aServiceOrder()),
  complete: () => wechat().serviceOrders.complete.send(WHOLE_COMPLETE),
  modify: () => wechat().serviceOrders.modify.send(modify),
  cancel: () => wechat().serviceOrders.cancel.send({ ...S1, reason: '用户投诉' }),
  collect: () => wechat().serviceOrders.collect.send(S1),
  sync: () => wechat().serviceOrders.sync.send(sync),
  directComplete: () => wechat().serviceOrders.directComplete.send(WHOLE_DIRECT_COMPLETE),
};

const MODIFIED = {
  ...COMPLETED_ON_WIRE,
  total_amount: 99,
  collection: { state: 'USER_PAYING', total_amount: 99 },
};
const REVOKED = { ...CREATED_ON_WIRE, state: 'REVOKED' };
const SYNCED = {
  ...PAID_ON_WIRE,
  collection: { state: 'USER_PAID', details: [{ paid_type: 'MCH' }] },
};
const { appid, serviceId } = IDS;
const FIVE_IDS = {
  appid,
  mchid: MCHID,
  out_order_no: 'S1',
  service_id: serviceId,
  order_id: '15646546545165651651',
};
const PAYING = {
  ...COMPLETED_ON_WIRE,
  collection: { state: 'USER_PAYING', total_amount: 39_900 },
};
const ACCEPTED = { ...CREATED_ON_WIRE, state: 'DOING', state_description: 'USER_CONFIRM' };

/** The true answer to each write, and what a query shows before and after it. */
const OWN: Readonly<
  Record<string, { readonly answer: object; readonly before: object; readonly after: object }>
> = {
  create: {
    answer: { ...CREATED_ON_WIRE, package: 'p' },
    before: { ...CREATED_ON_WIRE, risk_fund: { name: 'DEPOSIT', amount: 1 } },
    after: CREATED_ON_WIRE,
  },
  complete: { answer: COMPLETED_ON_WIRE, before: ACCEPTED, after: PAYING },
  modify: { answer: MODIFIED, before: PAYING, after: MODIFIED },
  cancel: { answer: FIVE_IDS, before: ACCEPTED, after: REVOKED },
  collect: { answer: FIVE_IDS, before: ACCEPTED, after: PAYING },
  sync: { answer: SYNCED, before: PAYING, after: SYNCED },
  directComplete: {
    answer: DIRECTLY_COMPLETED_ON_WIRE,
    before: ACCEPTED,
    after: { ...PAYING, openid: WHOLE_DIRECT_COMPLETE.openid },
  },
};

describe.each(Object.entries(OWN))('%s', (name, { answer, before, after }) => {
  const call = WRITES[name] ?? raise;

  test('a service order call succeeds with its own signed response', async () => {
    expect(await endOf(call, answer, after)).toBe('success');
  });

  test('the signed response to another call is an unknown outcome if no query shows the effect', async () => {
    const others: readonly (object | Reply)[] = [
      {},
      { status: 204, body: '' },
      { body: '[]' },
      { data: [{ serial_no: 'A' }] },
      before,
      { ...answer, out_order_no: 'B2' },
      { ...answer, mchid: '1900000001' },
      { ...answer, appid: 'wxother' },
      { ...answer, service_id: '500002' },
      ...Object.entries(OWN)
        .filter(([of]) => of !== name)
        .map(([, other]) => other.answer),
    ];
    for (const other of others) {
      const end = await endOf(call, other, before);
      expect(end, JSON.stringify(other)).toBeInstanceOf(OrderOutcomeUnknownError);
      expect(end).toMatchObject({ outOrderNo: 'S1', reason: 'UNTRUSTED_ANSWER' });
    }
  });

  test('a response of only ids is an unknown outcome while no query is answered', async () => {
    const away = { status: 503, body: '{}' };
    expect(await endOf(call, FIVE_IDS, away)).toBeInstanceOf(OrderOutcomeUnknownError);
  });
});

test.each<[string, string, object]>([
  ['complete', 'an amount that is lower than the one that was sent', { total_amount: 100 }],
  ['modify', 'the amount before it', PAYING],
  [
    'modify',
    'a lower amount',
    { ...MODIFIED, collection: { state: 'USER_PAYING', total_amount: 9 } },
  ],
])('%s does not succeed with an answer that shows %s', async (name, _, shown) => {
  const reply = { ...COMPLETED_ON_WIRE, ...shown };
  const end = await endOf(WRITES[name] ?? raise, reply, reply);
  expect(end).toBeInstanceOf(OrderOutcomeUnknownError);
});

describe('a refusal', () => {
  test.each<[string, Reply, new (...args: never[]) => Error, object]>([
    ['cancel', refused('INVALID_REQUEST', 271316754), OrderBusyError, { retryAfterSeconds: 180 }],
    ['modify', refused('PARAM_ERROR', 271316754), OrderBusyError, { retryAfterSeconds: 180 }],
    ['cancel', refused('PARAM_ERROR', 271316592), OrderStateError, { state: 'DOING' }],
    ['complete', refused('INVALID_REQUEST', 271302262), OrderStateError, { state: 'DOING' }],
    ['collect', refused('INVALID_REQUEST', 271302332), OrderStateError, { state: 'DOING' }],
    ['modify', refused('INVALID_REQUEST', 271316657), OrderStateError, { state: 'DOING' }],
    ['sync', refused('ORDER_DONE', 0), OrderStateError, { state: 'DOING' }],
    ['complete', refused('INVALID_REQUEST', 271316598), OrderConflictError, {}],
    ['create', refused('INVALID_REQUEST', 271316598), OrderConflictError, {}],
    ['cancel', refused('ORDER_NOT_EXIST', 271317510, 404), OrderNotFoundError, {}],
    ['complete', refused('PARAM_ERROR', 271316656), WechatRefusedError, {}],
    ['create', refused('NO_AUTH', 268503786, 403), WechatRefusedError, {}],
  ])('of %s is named by WeChat Pay’s error number (%o)', async (name, reply, kind, fields) => {
    const end = await endOf(WRITES[name] ?? raise, reply, PAYING);
    expect(end).toBeInstanceOf(kind);
    expect(end).toMatchObject(fields);
  });
});

test('a complete that is refused for a failed debit has taken effect if a query shows that', async () => {
  const failed = refused('INVALID_REQUEST', 271316574);
  const complete = WRITES['complete'] ?? raise;
  expect(await endOf(complete, failed, PAYING)).toBe('success');
  expect(await endOf(complete, failed, ACCEPTED)).toBeInstanceOf(WechatRefusedError);
  const away = { status: 503, body: '{}' };
  expect(await endOf(complete, failed, away)).toBeInstanceOf(OrderOutcomeUnknownError);
  // A request to collect is nothing but the debit.
  expect(await endOf(WRITES['collect'] ?? raise, failed)).toBeInstanceOf(WechatRefusedError);
});

describe('an attempt without an answer', () => {
  const away = { status: 500, body: '{}' };
  test.each(Object.keys(OWN))('%s is unknown, and never a failure', async (name) => {
    expect(await endOf(WRITES[name] ?? raise, away)).toBeInstanceOf(OrderOutcomeUnknownError);
  });
});

describe('a create and complete in one that may have been sent before', () => {
  const { openid } = WHOLE_DIRECT_COMPLETE;
  const repeat = () =>
    wechat().serviceOrders.directComplete.send(WHOLE_DIRECT_COMPLETE, { ambiguousBefore: true });
  const conflict = refused('INVALID_REQUEST', 271316598);

  test('a create and complete in one has succeeded if a query shows the order of the user with the amount', async () => {
    expect(await endOf(repeat, conflict, { ...PAYING, openid })).toBe('success');
    expect(await endOf(repeat, conflict, { ...PAID_ON_WIRE, openid })).toBe('success');
  });

  test.each<[string, object, new (...args: never[]) => Error]>([
    ['an order that is not completed', { ...ACCEPTED, openid }, OrderOutcomeUnknownError],
    ['a state that is not known', { ...PAYING, openid, state: 'NEW' }, OrderOutcomeUnknownError],
    ['a lower amount', { ...PAYING, openid, total_amount: 1 }, OrderOutcomeUnknownError],
    ['a higher amount', { ...PAYING, openid, total_amount: 39_901 }, OrderConflictError],
    ['the order of another user', { ...PAYING, openid: 'o2' }, OrderConflictError],
  ])('a create and complete in one is no success if a query shows %s', async (_, order, kind) => {
    expect(await endOf(repeat, conflict, order)).toBeInstanceOf(kind);
  });
});

describe.each(['sendPrepaidMessage', 'sendPendingMessage'] as const)('%s', (name) => {
  const send = () => wechat().serviceOrders[name].send(WHOLE_MESSAGE);
  const accepted = { status: 204, body: '' };
  const away = { status: 503, body: '{}' };

  test('a message is accepted by a 204 if a query shows the order', async () => {
    calls = 0;
    replies = [accepted, { body: JSON.stringify(PAYING) }];
    expect(await send()).toMatchObject({ outOrderNo: 'S1', order: { state: 'DOING' } });
  });

  test.each<[string, Reply]>([
    ['no order', refused('ORDER_NOT_EXIST', 271317510, 404)],
    ['nothing, because it is not answered', away],
    ['the order of another number', { body: JSON.stringify({ ...PAYING, out_order_no: 'B2' }) }],
    ['an unknown state', { body: JSON.stringify({ ...PAYING, state: 'NEW' }) }],
  ])('a 204 proves no message if a query shows %s', async (_, shown) => {
    expect(await endOf(send, accepted, shown)).toBeInstanceOf(OrderOutcomeUnknownError);
  });

  test('the signed response to another call is no success of a message', async () => {
    const others = Object.values(OWN).map(({ answer }) => answer);
    for (const other of [
      ...others,
      {},
      { body: '' },
      { body: '[]' },
      { data: [{ serial_no: 'A' }] },
    ]) {
      const end = await endOf(send, other, PAYING);
      expect(end, JSON.stringify(other)).toBeInstanceOf(OrderOutcomeUnknownError);
    }
  });

  test('a refused message is reported, and one that may have been sent is never a failure', async () => {
    const again = refused('INVALID_REQUEST', 1);
    expect(await endOf(send, again, PAYING)).toBeInstanceOf(WechatRefusedError);
    const absent = refused('ORDER_NOT_EXIST', 271317510, 404);
    expect(await endOf(send, absent)).toBeInstanceOf(OrderNotFoundError);
    expect(await endOf(send, away)).toBeInstanceOf(OrderOutcomeUnknownError);
    const repeat = () =>
      wechat().serviceOrders[name].send(WHOLE_MESSAGE, { ambiguousBefore: true });
    expect(await endOf(repeat, again, PAYING)).toBeInstanceOf(OrderOutcomeUnknownError);
  });
});

describe('a create without confirmation', () => {
  const create = () =>
    wechat().serviceOrders.create.send(aServiceOrder({ needUserConfirm: false, openid: 'o1' }));

  test('a create without confirmation has failed if its response says CREATED', async () => {
    const end = await endOf(create, { ...CREATED_ON_WIRE, package: 'p' });
    expect(end).toBeInstanceOf(OrderNotStartedError);
    expect(end).toMatchObject({ outOrderNo: 'S1', state: 'CREATED' });
  });

  test('a create without confirmation succeeds if the order has started, with or without a package', async () => {
    expect(await endOf(create, ACCEPTED, ACCEPTED)).toBe('success');
    expect(await endOf(create, { ...ACCEPTED, package: 'p' })).toBe('success');
  });
});

test('a query of an order that does not exist is null, and one with other ids is not trusted', async () => {
  calls = 0;
  replies = [refused('ORDER_NOT_EXIST', 271317510, 404)];
  expect(await wechat().serviceOrders.query(S1)).toBeNull();
  const query = () => wechat().serviceOrders.query(S1);
  for (const other of [{}, FIVE_IDS, { ...PAID_ON_WIRE, out_order_no: 'B2' }]) {
    expect(await endOf(query, other)).toBeInstanceOf(WechatUntrustedError);
  }
});
