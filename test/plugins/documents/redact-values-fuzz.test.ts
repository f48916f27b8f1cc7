import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import { malformation, textOf, withoutIds } from '../../fixtures/app/answer-checks.ts';
import type { CollectedLog } from '../../fixtures/app/log-lines.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../../fixtures/app/test-app.ts';
import { graphqlBody, headers, holdsValue, otherBody } from '../../fixtures/graphql/arbitraries.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';

const RUNS = { seed: 20_261_123, endOnFailure: true };
/** A stream of events is over as soon as it begins. */
const stopping = AbortSignal.abort();
const ids = { appid: 'wx1', serviceId: '1' };

/** Answers everything alike, so that a value of the caller's can come from nowhere but an echo. */
const wechat = stubWechat({
  queryPayAfterOrder: () => Promise.resolve(payAfterOrder()),
  queryUserServiceState: () =>
    Promise.resolve({ ...ids, openid: null, useServiceState: 'AVAILABLE' }),
  createPayAfterOrder: () => Promise.reject(new Error('a fault of the server')),
});

async function check(app: App & { readonly log: CollectedLog }, request: Request) {
  const response = await app.fetch(request);
  expect(await malformation(response)).toEqual([]);
  const all = `${await textOf(response)}\n${withoutIds(app.log.text())}`;
  expect(holdsValue(all), all).toBe(false);
  app.log.clear();
}

test('no error returns the document, the variables or the operation name', async () => {
  const app = createTestApp({ wechat, stopping });
  const property = fc.asyncProperty(graphqlBody, (body) => check(app, graphqlRequest(body)));
  await fc.assert(property, { ...RUNS, numRuns: 1_200 });
});

test('no error returns the body, in whatever way it is sent', async () => {
  const app = createTestApp({ wechat, stopping });
  const property = fc.asyncProperty(
    fc.oneof(otherBody, graphqlBody),
    headers,
    fc.constantFrom('POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
    (body, given, method) =>
      check(app, new Request('http://app/graphql?x=77001zkq9', { method, headers: given, body })),
  );
  await fc.assert(property, { ...RUNS, numRuns: 700 });
});

test('a GET request returns nothing of its query either', async () => {
  const app = createTestApp({ wechat, stopping });
  const property = fc.asyncProperty(graphqlBody, headers, (body, given) => {
    const query = new URLSearchParams({ query: body, variables: body });
    return check(app, new Request(`http://app/graphql?${query}`, { headers: given }));
  });
  await fc.assert(property, { ...RUNS, numRuns: 300 });
});
