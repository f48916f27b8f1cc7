import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  OrderOutcomeUnknownError,
  type WechatPay,
  WechatUntrustedError,
} from '../../../src/wechat/index.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS, MCHID } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';
import {
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
const A1 = { ...IDS, outOrderNo: 'A1' };
/** One attempt a call: the answer is the same each time. */
const NO_RETRY = { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY };

/** The answer to the call, and to the query that may follow it. */
let reply: Reply = {};
let queried: Reply = {};
let calls = 0;
let stop = () => Promise.resolve();
let client: WechatPay | undefined;
const wechat = () => {
  if (client === undefined) {
    throw new Error('the client exists from beforeAll to afterAll');
  }
  return client;
};

beforeAll(async () => {
  const upstream = await startSdkUpstream(merchant.publicPem, signers, () => {
    calls += 1;
    return calls === 1 ? reply : queried;
  });
  client = clientOf(upstream.url, merchant, wechatKey, { resilience: NO_RETRY });
  stop = async () => {
    await client?.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

const WRITES: Readonly<Record<string, () => Promise<unknown>>> = {
  create: () => wechat().createPayAfterOrder(anOrder(A1)),
  complete: () =>
    wechat().completePayAfterOrder({
      ...A1,
      finishType: 2,
      finishTicket: 't',
      totalAmount: 0,
    }),
  cancel: () => wechat().cancelPayAfterOrder({ ...A1, reason: '用户投诉' }),
  sync: () =>
    wechat().syncPayAfterOrder({
      ...A1,
      type: 'Order_Paid',
      detail: { paidTime: '20260101000000' },
    }),
};
const QUERIES: Readonly<Record<string, () => Promise<unknown>>> = {
  query: () => wechat().queryPayAfterOrder(A1),
  'query by query_id': () => wechat().queryPayAfterOrder({ ...IDS, queryId: 'q1' }),
  'user state': () => wechat().queryUserServiceState({ ...IDS, openid: 'o1' }),
};

const { appid, serviceId } = IDS;
const ids = { appid, mchid: MCHID, out_order_no: 'A1', service_id: serviceId };
const LAUNCH = { order_id: '1', miniprogram_businesstype: 'wxpayScoreUse', package: 'p' };

/** What a query shows of the order before any of the writes, and after each of them. */
const REQUESTED = {
  service_start_time: 'OnAccept',
  service_start_location: '北京西站',
  service_introduction: '充电宝租借',
  risk_amount: 9900,
};
const BEFORE = { ...ids, ...REQUESTED, state: 'USER_ACCEPTED' };
const AFTER: Readonly<Record<string, object>> = {
  create: { ...ids, ...REQUESTED, state: 'CREATED' },
  complete: { ...BEFORE, state: 'FINISHED', finish_type: 2, total_amount: 0 },
  cancel: { ...BEFORE, state: 'REVOKED' },
  sync: { ...BEFORE, state: 'USER_PAID', pay_type: 'MchChannelPayType' },
};
const NO_ORDER: Reply = { status: 404, body: JSON.stringify({ code: 'ORDER_NOT_EXIST' }) };
const AWAY: Reply = { status: 503, body: '{}' };

/** The true answer to each call, by endpoint. */
const OWN: Readonly<Record<string, object>> = {
  create: { ...ids, ...LAUNCH },
  complete: { ...ids, order_id: '1' },
  cancel: { ...ids, order_id: '1' },
  sync: { appid, mchid: MCHID, out_order_no: 'A1', order_id: '1' },
  query: { ...ids, state: 'CREATED' },
  'query by query_id': { ...ids, state: 'CREATED' },
  'user state': { appid, service_id: serviceId, openid: 'o1', use_service_state: 'AVAILABLE' },
};

/** @param query the answer to a query that follows */
async function answerOf(
  call: () => Promise<unknown>,
  body: object | string,
  { status = 200, query = asReply(BEFORE) }: { status?: number; query?: Reply } = {},
) {
  calls = 0;
  reply = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  queried = query;
  return await failureOf(call().then(() => Promise.reject('success')));
}

function isQueryOfOrder(name: string): boolean {
  return name === 'query' || name === 'query by query_id';
}

function asReply(body: object): Reply {
  return { body: JSON.stringify(body) };
}

describe.each(Object.keys({ ...WRITES, ...QUERIES }))('%s', (name) => {
  const call = { ...WRITES, ...QUERIES }[name] ?? (() => Promise.resolve());
  const expectUnproven = (failure: unknown, body: object | string) => {
    const why = JSON.stringify(body);
    if (name in WRITES) {
      expect(failure, why).toBeInstanceOf(OrderOutcomeUnknownError);
      expect(failure, why).toMatchObject({ reason: 'UNTRUSTED_ANSWER', outOrderNo: 'A1' });
    } else {
      expect(failure, why).toBeInstanceOf(WechatUntrustedError);
    }
  };

  test('a call succeeds with its own signed response', async () => {
    const query = asReply(AFTER[name] ?? {});
    expect(await answerOf(call, OWN[name] ?? {}, { query })).toBe('success');
  });

  test('a call does not succeed with a signed response that lacks an id or has another', async () => {
    const own = Object.entries(OWN[name] ?? {});
    const needed = own.filter(
      ([field]) => field in ids && field !== (isByQueryId() ? 'out_order_no' : ''),
    );
    const subsets = Array.from({ length: 2 ** needed.length - 1 }, (_, mask) =>
      needed.filter((_pair, index) => ((mask + 1) >> index) & 1).map(([field]) => field),
    );
    for (const fields of subsets) {
      for (const wrong of [undefined, null, '', 'B2', 7, {}]) {
        const body = { ...OWN[name], ...Object.fromEntries(fields.map((field) => [field, wrong])) };
        expectUnproven(await answerOf(call, body), body);
      }
    }
  });

  const sameEndpoint = (of: string) => of === name || (isQueryOfOrder(of) && isQueryOfOrder(name));
  const others: readonly [string, object | string, number?][] = [
    ['an empty object', {}],
    ['an empty body', ''],
    ['a 204', '', 204],
    ['a list', '[]'],
    ['the certificates', { data: [{ serial_no: 'A', encrypt_certificate: {} }] }],
    ['the user state of another user', { ...OWN['user state'], openid: 'o2' }],
    ['the query of another order', { ...OWN['query'], out_order_no: 'B2', mchid: '1900000001' }],
    ['the create of another order', { ...OWN['create'], out_order_no: 'B2', mchid: '1900000001' }],
    ['the sync of another order', { ...OWN['sync'], out_order_no: 'B2', mchid: '1900000001' }],
    ['the create of the same order, without what opens its page', OWN['cancel'] ?? {}],
    ...Object.entries(OWN)
      .filter(([of]) => !sameEndpoint(of))
      .map(([of, body]): [string, object] => [`the ${of} of the same order`, body]),
  ];

  test.each(others)(
    'a call does not succeed with the signed response: %s',
    async (_, body, status = 200) => {
      const query = name === 'create' ? NO_ORDER : asReply(BEFORE);
      expectUnproven(await answerOf(call, body, { status, query }), body);
    },
  );

  test.runIf(name in WRITES)(
    'a write does not succeed with its own ids while no query is answered',
    async () => {
      const body = OWN['cancel'] ?? {};
      expectUnproven(await answerOf(call, body, { query: AWAY }), body);
    },
  );

  test.runIf(name in WRITES)(
    'a write does not succeed with its own ids in an unknown state',
    async () => {
      const body = OWN['cancel'] ?? {};
      const query = asReply({ ...ids, state: 'NEW_STATE' });
      expectUnproven(await answerOf(call, body, { query }), body);
    },
  );

  function isByQueryId(): boolean {
    return name === 'query by query_id';
  }
});

test('an empty response with status 200 is not a response to a generic request either', async () => {
  const call = () => wechat().request('POST', '/v3/pay/transactions/out-trade-no/1/close', {}, {});
  expect(await answerOf(call, '')).toMatchObject({ reason: 'UNTRUSTED_ANSWER' });
  expect(await answerOf(call, '', { status: 204 })).toBe('success');
});
