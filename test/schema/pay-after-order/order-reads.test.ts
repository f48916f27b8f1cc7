import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LedgerUnavailableError } from '../../../src/ledger/ledger.ts';
import { createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { as, knowing, shopper } from '../../fixtures/app/callers.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  run,
  stubWechat,
} from '../../fixtures/app/test-app.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';

/** One document that asks for every one of these orders under an alias of its own. */
function aliases(numbers: readonly string[]): string {
  const fields = numbers.map(
    (number, index) => `a${index}: payAfterOrder(by: { outOrderNo: "${number}" }) { outOrderNo }`,
  );
  return `{ ${fields.join(' ')} }`;
}

/** A WeChat Pay that answers after a while and counts the queries under way. */
function slowWechat() {
  const queries: string[] = [];
  let underWay = 0;
  let most = 0;
  const wechat = stubWechat({
    queryPayAfterOrder: async (query) => {
      const key = 'outOrderNo' in query ? query.outOrderNo : query.queryId;
      queries.push(key);
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(20);
      underWay -= 1;
      return payAfterOrder({ outOrderNo: key });
    },
  });
  return { wechat, queries, most: () => most };
}

test('the same order three times in one request costs one call', async () => {
  const fixture = await createAppWithSandbox();
  const input = orderInput();
  await fixture.create(input);
  await fixture.reset();
  const number = String(input['outOrderNo']);
  expect(await fixture.run(aliases([number, number, number]))).toEqual({
    data: { a0: { outOrderNo: number }, a1: { outOrderNo: number }, a2: { outOrderNo: number } },
  });
  expect(fixture.calls('query')).toHaveLength(1);
  await fixture.close();
});

test('another appid, service or kind of key is another query', async () => {
  const { wechat, queries } = slowWechat();
  const app = createTestApp({ wechat });
  await run(
    app,
    `{
      a: payAfterOrder(by: { outOrderNo: "A" }) { state }
      b: payAfterOrder(by: { queryId: "A" }) { state }
      c: payAfterOrder(by: { outOrderNo: "A" }, appid: "wx1") { state }
      d: payAfterOrder(by: { outOrderNo: "A" }, serviceId: "1") { state }
      e: payAfterOrder(by: { outOrderNo: "A" }, serviceId: "500001") { state }
    }`,
  );
  expect(queries).toHaveLength(4);
});

test('orders are queried concurrently', async () => {
  const { wechat, queries, most } = slowWechat();
  const numbers = Array.from({ length: 5 }, (_, index) => `N${index}`);
  const answer = await run(createTestApp({ wechat }), aliases(numbers));
  expect(numbers.map((_, index) => at(answer, 'data', `a${index}`, 'outOrderNo'))).toEqual(numbers);
  expect(queries).toEqual(numbers);
  expect(most()).toBe(5);
});

test('a second request queries again, because nothing is cached between requests', async () => {
  const { wechat, queries } = slowWechat();
  const app = createTestApp({ wechat });
  await run(app, aliases(['A']));
  await run(app, aliases(['A']));
  expect(queries).toEqual(['A', 'A']);
});

test('one order that fails does not fail the others', async () => {
  const wechat = stubWechat({
    queryPayAfterOrder: (query) =>
      'outOrderNo' in query && query.outOrderNo === 'BAD'
        ? Promise.reject(new Error('broken'))
        : Promise.resolve(payAfterOrder({ outOrderNo: 'GOOD' })),
  });
  expect(await run(createTestApp({ wechat }), aliases(['BAD', 'GOOD']))).toMatchObject({
    data: { a0: null, a1: { outOrderNo: 'GOOD' } },
    errors: [{ path: ['a0'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
});

test('while the ledger is away the query of a shopper fails with LEDGER_UNAVAILABLE, and nothing is sent', async () => {
  const { wechat, queries } = slowWechat();
  const ledger = await memoryLedger();
  const away = () => Promise.reject(new LedgerUnavailableError());
  const app = createTestApp({
    wechat,
    ledger: { ...ledger, findOwnership: away },
    authenticator: knowing({ ann: shopper('ANN') }),
  });
  const response = await app.fetch(graphqlRequest({ query: aliases(['A']) }, as('ann')));
  expect(await response.json()).toMatchObject({
    data: { a0: null },
    errors: [{ path: ['a0'], extensions: { code: 'LEDGER_UNAVAILABLE', retryAfterSeconds: 1 } }],
  });
  expect(queries).toEqual([]);
  await ledger.close();
});

test("a query ends with the caller's request, a create does not", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const wechat = stubWechat({
    queryPayAfterOrder: (_, options) => {
      signals.push(options?.signal);
      return Promise.resolve(null);
    },
    createPayAfterOrder: (...given) => {
      expect(given).toHaveLength(1);
      return Promise.reject(new Error('not made'));
    },
  });
  const app = createTestApp({ wechat });
  await run(app, aliases(['A']));
  expect(signals).toEqual([expect.any(AbortSignal)]);
  await run(
    app,
    'mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) { __typename } }',
    { input: orderInput() },
  );
});
