import { describe, expect, test } from 'vitest';
import { createRequestIds } from '../../src/http/request-headers.ts';
import { renderGraphiqlPage } from '../../src/plugins/graphiql/page.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../fixtures/app/test-app.ts';
import { at } from '../fixtures/json.ts';

const QUERY = { query: '{ __typename }' };

describe('every answer', () => {
  const app = createTestApp({ graphiql: renderGraphiqlPage });
  test.each([
    ['a result', graphqlRequest(QUERY)],
    ['a refusal', graphqlRequest('no json')],
    ['415', new Request('http://app/graphql', { method: 'POST', body: '{}' })],
    ['health', new Request('http://app/health')],
    [
      'a notification refused',
      new Request('http://app/wechat/notify', { method: 'POST', body: '{}' }),
    ],
    ['a page', new Request('http://app/graphql', { headers: { accept: 'text/html' } })],
    ['404', new Request('http://app/nothing')],
  ])(
    '%s is not sniffed, kept or framed, and its address is not sent as a referrer',
    async (_, request) => {
      const { headers } = await app.fetch(request);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': expect.stringMatching(/^no-/),
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
      });
    },
  );
});

describe('a request', () => {
  test.each(['a', '4bf92f3577b34da6a3ce929d0e0e4736', 'x'.repeat(128), 'web:1/2@3.4_5-6+7='])(
    'keeps the name it comes with: %s',
    async (id) => {
      const { headers } = await createTestApp().fetch(
        graphqlRequest(QUERY, { 'x-request-id': id }),
      );
      expect(headers.get('x-request-id')).toBe(id);
    },
  );

  test.each(['', 'x'.repeat(129), 'a b', '张三', '"', '<script>', 'a,b', "'"])(
    'gets another where it is none: %s',
    (id) => {
      const scope = createRequestIds();
      expect(scope.run(id, scope.id)).toMatch(/^[\da-f-]{36}$/);
    },
  );

  test('a request has its name in each line that is written because of it, and in no other', async () => {
    const requests = createRequestIds();
    const { log, entries } = collectLog(requests.id);
    const wechat = stubWechat({ queryPayAfterOrder: () => Promise.reject(new Error('broken')) });
    const app = createTestApp({ requests, log, wechat });
    const query = '{ payAfterOrder(by: { outOrderNo: "T1" }) { state } }';
    await Promise.all(
      ['r1', 'r2'].map((id) => app.fetch(graphqlRequest({ query }, { 'x-request-id': id }))),
    );
    log.warn({}, 'something else');
    const named = entries().map((entry) => [at(entry, 'msg'), at(entry, 'requestId')]);
    expect(named.toSorted()).toEqual([
      ['operation failed', 'r1'],
      ['operation failed', 'r2'],
      ['something else', undefined],
      ['unexpected error', 'r1'],
      ['unexpected error', 'r2'],
    ]);
  });
});

describe('the log', () => {
  test('the log has a line for an operation that failed, without a word of the caller, and one a minute for what is not executed', async () => {
    const wechat = stubWechat({ queryPayAfterOrder: () => Promise.reject(new Error('broken')) });
    const app = createTestApp({ wechat });
    await app.fetch(graphqlRequest(QUERY));
    expect(app.log.entries()).toEqual([]);
    await app.fetch(graphqlRequest({ query: '{ canary }' }));
    await app.fetch(graphqlRequest({ query: '{ canary }' }));
    expect(app.log.entries()).toMatchObject([
      { level: 'info', msg: 'request rejected', why: 'GRAPHQL_VALIDATION_FAILED' },
    ]);
    const query = 'query Secret { payAfterOrder(by: { queryId: "canary" }) { state } }';
    await app.fetch(graphqlRequest({ query }));
    expect(app.log.entries()).toContainEqual(
      expect.objectContaining({
        level: 'error',
        msg: 'operation failed',
        operation: 'payAfterOrder',
        outcome: 'INTERNAL_SERVER_ERROR',
        caller: 'anyone',
        ms: expect.any(Number),
      }),
    );
    expect(app.log.text()).not.toMatch(/canary|Secret/);
  });
});

describe('CORS for a listed origin', () => {
  const allowsOrigin = (origin: string) => origin === 'https://shop.example.com';
  test('allows what a client sends, and nothing else', async () => {
    const { headers, status } = await createTestApp({ allowsOrigin }).fetch(
      new Request('http://app/graphql', {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-evil',
        },
      }),
    );
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example.com',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, x-request-id',
      'access-control-max-age': '600',
    });
    expect(headers.get('access-control-allow-credentials')).not.toBe('true');
  });

  test('CORS for a listed origin lets its pages read Retry-After', async () => {
    const headers = { origin: 'https://shop.example.com' };
    const answer = await createTestApp({ allowsOrigin }).fetch(graphqlRequest(QUERY, headers));
    expect(answer.headers.get('access-control-expose-headers')).toBe(
      'ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id',
    );
  });
});
