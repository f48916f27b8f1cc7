import { afterEach, expect, test, vi } from 'vitest';
import { createRateLimit } from '../../../src/auth/rate-limit.ts';
import { as, caller, knowing, shopper } from '../../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest, run, stubWechat } from '../../fixtures/app/test-app.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';

const ONE = { perSecond: 1, burst: 1 };

function limited(perSecond: number, burst: number) {
  const calls: string[] = [];
  const called = <T>(kind: string, answer: T) => {
    calls.push(kind);
    return Promise.resolve(answer);
  };
  const app = createTestApp({
    rateLimit: createRateLimit({ perSecond, burst }, { perSecond, burst }),
    wechat: stubWechat({
      queryPayAfterOrder: () => called('query', payAfterOrder()),
      cancelPayAfterOrder: ({ appid, serviceId, outOrderNo }) =>
        called('cancel', { appid, mchid: '1230000109', serviceId, outOrderNo, orderId: null }),
    }),
  });
  return { app, calls };
}

const QUERY = '{ payAfterOrder(by: { outOrderNo: "T1" }) { state } }';
const cancel = (outOrderNo: string) => `mutation {
  cancelPayAfterOrder(input: { outOrderNo: "${outOrderNo}", reason: "x" }) {
    ... on CancelPayAfterOrderPayload { outOrderNo order { state } }
  }
}`;

afterEach(() => {
  vi.restoreAllMocks();
});

test('beyond the rate limit a whole request is rejected with 429 and Retry-After, without a call', async () => {
  const { app, calls } = limited(1, 2);
  for (let index = 0; index < 2; index += 1) {
    expect(at(await run(app, QUERY), 'data', 'payAfterOrder', 'state')).toBe('CREATED');
  }
  const refused = await app.fetch(graphqlRequest({ query: QUERY }));
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  const answer: unknown = await refused.json();
  expect(answer).toEqual({
    errors: [
      {
        message: expect.stringContaining('Rate limit exceeded'),
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 },
      },
    ],
  });
  expect(calls).toHaveLength(2);
});

test('each response says what is left to its caller, and nothing if there is no limit', async () => {
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const { app } = limited(2, 3);
  const left = async (query: string, accept = 'application/json') => {
    const { headers } = await app.fetch(graphqlRequest({ query }, { accept }));
    return ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
  };
  expect(await left('{ __typename }')).toEqual(['3', '2', '1']);
  // The write and the read of its order.
  expect(await left(cancel('W1'))).toEqual(['3', '0', '2']);
  now += 500;
  expect(await left('{ nothing }')).toEqual(['3', '0', '2']);
  expect(await left('{ __typename }')).toEqual(['3', '0', '2']);
  now += 500;
  const stream = 'subscription { orderEvents { id } }';
  expect(await left(stream, 'text/event-stream')).toEqual(['3', '0', '2']);
  const { headers } = await createTestApp().fetch(graphqlRequest({ query: QUERY }));
  expect([...headers.keys()].join()).not.toContain('ratelimit');
});

test('a request that has started is never refused halfway, and its further calls are charged later', async () => {
  const { app, calls } = limited(10, 1);
  // The clock of the bucket does not move until it is set.
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const changed = await run(app, cancel('W1'));
  expect(at(changed, 'data', 'cancelPayAfterOrder', 'order', 'state')).toBe('CREATED');
  expect(calls).toEqual(['cancel', 'query']);
  expect(at(await run(app, QUERY), 'errors', 0, 'extensions', 'code')).toBe('RATE_LIMITED');
  // One token is missing, and one is needed.
  now += 120;
  expect(at(await run(app, QUERY), 'errors', 0, 'extensions', 'code')).toBe('RATE_LIMITED');
  now += 150;
  expect(at(await run(app, QUERY), 'data', 'payAfterOrder', 'state')).toBe('CREATED');
});

test('a subscription is counted like any other operation', async () => {
  const { app } = limited(1, 1);
  await run(app, QUERY);
  const query = 'subscription { orderEvents { id } }';
  const refused = await app.fetch(graphqlRequest({ query }, { accept: 'text/event-stream' }));
  expect(await refused.text()).toContain('RATE_LIMITED');
});

test('each caller has a limit of its own', () => {
  const limit = createRateLimit(ONE, ONE);
  const admitted = ['a', 'a', 'b'].map((id) => limit.admit(caller(['orders:any'], { id })));
  expect(admitted).toEqual([0, 1, 0]);
});

test('a caller that acts for one user has a lower limit than one that acts for all', async () => {
  const shop = { perSecond: 50, burst: 100 };
  const app = createTestApp({
    authenticator: knowing({ shopper: shopper('user-1'), shop: caller(['orders:any']) }),
    rateLimit: createRateLimit(shop, { perSecond: 1, burst: 2 }),
  });
  const statuses = async (word: string) => {
    const request = () => graphqlRequest({ query: '{ __typename }' }, as(word));
    return (await Promise.all([1, 2, 3].map(() => app.fetch(request())))).map((one) => one.status);
  };
  expect(await statuses('shopper')).toEqual([200, 200, 429]);
  expect(await statuses('shop')).toEqual([200, 200, 200]);
});

test('a limit of none for shoppers leaves the others theirs, and the other way round', () => {
  const admitted = (limit: ReturnType<typeof createRateLimit>) =>
    [shopper('user-1'), caller(['orders:any'])].map((one) => [limit.admit(one), limit.admit(one)]);
  expect(admitted(createRateLimit(ONE, undefined))).toEqual([
    [0, 0],
    [0, 1],
  ]);
  expect(admitted(createRateLimit(undefined, ONE))).toEqual([
    [0, 1],
    [0, 0],
  ]);
});

test('a charge of a shopper is a charge against the limit of shoppers', () => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 }, { perSecond: 9, burst: 9 });
  limit.charge(shopper('user-1'), 9);
  expect(limit.admit(shopper('user-1'))).toBe(1);
  expect(limit.admit(caller(['orders:any']))).toBe(0);
});

test.each(['{ nothing }', '{ a', `{ ${'a '.repeat(2_000)} }`, '\n'.repeat(20_000)])(
  'a document that is refused costs a call, and is not parsed once there is none left: %#',
  async (invalid) => {
    const { app } = limited(1, 2);
    for (const query of [invalid, invalid]) {
      expect(at(await run(app, query), 'errors', 0, 'extensions', 'code')).toMatch(/^GRAPHQL_/);
    }
    for (const query of [invalid, QUERY]) {
      expect(at(await run(app, query), 'errors', 0, 'extensions', 'code')).toBe('RATE_LIMITED');
    }
  },
);
