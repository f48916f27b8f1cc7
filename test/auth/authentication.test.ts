import { expect, test } from 'vitest';
import type { AuthenticationResult } from '../../src/auth/authenticator.ts';
import { malformation } from '../fixtures/app/answer-checks.ts';
import { as, caller, knowing } from '../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../fixtures/app/test-app.ts';
import { listen } from '../fixtures/http/listen.ts';

const callers: Readonly<Record<string, AuthenticationResult>> = {
  reader: caller(['orders:read', 'orders:any']),
  watcher: caller(['metrics:read']),
  unavailable: 'unavailable',
};
const app = createTestApp({ authenticator: knowing(callers), wechat: stubWechat() });
const ORDER = '{ payAfterOrder(by: { outOrderNo: "1" }) { nothing } }';

test.each([
  ['a right document', '{ __typename }'],
  ['a wrong field', ORDER],
  ['no document', '{{{'],
  ['introspection', '{ __schema { types { name } } }'],
])('a stranger gets the same answer to %s', async (_, query) => {
  const response = await app.fetch(graphqlRequest({ query }));
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(response.headers.get('connection')).toBe('close');
  expect(await malformation(response)).toEqual([]);
  expect(await response.json()).toEqual({
    errors: [
      { message: expect.stringContaining('Bearer'), extensions: { code: 'UNAUTHENTICATED' } },
    ],
  });
});

test.each(['', 'Bearer', 'Bearer wrong', 'Basic reader', 'Bearer a.b.c'])(
  'every invalid credential gets the same response: %j',
  async (authorization) => {
    const bad = await app.fetch(graphqlRequest({ query: ORDER }, { authorization }));
    const none = await app.fetch(graphqlRequest({ query: ORDER }));
    for (const { headers } of [bad, none]) {
      headers.delete('x-request-id');
    }
    expect([...bad.headers]).toEqual([...none.headers]);
    expect([bad.status, await bad.text()]).toEqual([none.status, await none.text()]);
  },
);

test.each([
  '/graphql/',
  '/x/graphql',
  '/?x=/graphql',
  '/graphql?x=/health',
  '/graphql?x=/ready',
  '/graphql;/wechat/notify',
  '//graphql',
  '/GraphQL',
  '/nothing',
])('without a credential every path gets the same response: %s', async (path) => {
  const { headers } = graphqlRequest({});
  const body = JSON.stringify({ query: ORDER });
  const request = new Request(`http://app${path}`, { method: 'POST', headers, body });
  const response = await app.fetch(request);
  expect(response.status).toBe(401);
  expect(await response.text()).not.toContain('VALIDATION');
});

test('an authenticated caller receives the errors of a document', async () => {
  const response = await app.fetch(graphqlRequest({ query: ORDER }, as('reader')));
  expect(await response.text()).toContain('GRAPHQL_VALIDATION_FAILED');
});

test('a caller that cannot be authenticated now receives 503 with Retry-After', async () => {
  const response = await app.fetch(graphqlRequest({ query: ORDER }, as('unavailable')));
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await response.text()).toContain('AUTHENTICATION_UNAVAILABLE');
});

test('a 401 response has the requested media type', async () => {
  const accept = 'application/graphql-response+json';
  const response = await app.fetch(graphqlRequest({ query: ORDER }, { accept }));
  expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
});

test('a request without a credential is rejected before its body is received', async () => {
  const body = new ReadableStream({ pull: () => new Promise(() => {}) });
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body, duplex: 'half' } as const;
  const response = await app.fetch(new Request('http://app/graphql', init));
  expect(response.status).toBe(401);
});

test('health, readiness and notifications require no credential', async () => {
  const status = async (path: string, init: RequestInit = {}) =>
    (await app.fetch(new Request(`http://app${path}`, init))).status;
  expect(await status('/health')).toBe(200);
  expect(await status('/ready')).toBe(200);
  // It is refused by its own rules: this stub has no notifications.
  expect(await status('/wechat/notify', { method: 'POST', body: '{}' })).toBe(503);
});

test('/metrics requires the scope metrics:read', async () => {
  const metrics = (headers: Readonly<Record<string, string>> = {}) =>
    app.fetch(new Request('http://app/metrics', { headers }));
  expect((await metrics()).status).toBe(401);
  expect((await metrics(as('reader'))).status).toBe(403);
  expect([401, 403]).not.toContain((await metrics(as('watcher'))).status);
});

test('a preflight of a listed page is answered without a credential', async () => {
  const origin = 'https://shop.example.com';
  const open = createTestApp({
    authenticator: knowing(callers),
    allowsOrigin: (one) => one === origin,
  });
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };
  const response = await open.fetch(
    new Request('http://app/graphql', { method: 'OPTIONS', headers }),
  );
  expect(response.status).toBeLessThan(300);
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  const refused = await open.fetch(graphqlRequest({ query: ORDER }, { origin }));
  expect(refused.status).toBe(401);
  expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
});

test('over a real port a request without a credential is rejected in the same way', async () => {
  const server = await listen(app);
  const post = (headers: Readonly<Record<string, string>>) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
  expect((await post({})).status).toBe(401);
  const known = await post(as('reader'));
  expect(await known.json()).toEqual({ data: { __typename: 'Query' } });
  await server.close();
});
