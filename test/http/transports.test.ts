import { describe, expect, test } from 'vitest';
import { createRateLimit } from '../../src/auth/rate-limit.ts';
import { LedgerUnavailableError } from '../../src/ledger/ledger.ts';
import { memoryLedger } from '../fixtures/app/test-app.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { rowsOf } from '../fixtures/docs/tables.ts';
import { type Given, knowing, PAGE, served } from '../fixtures/http/transports.ts';
import type { JsonObject } from '../fixtures/json.ts';

const TYPE = { query: '{ __typename }' };
const ORDERS = { query: '{ orderRecords { edges { cursor } } }' };
const HASH = { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } };
const trusted = { trustedDocuments: new Map([['a', '{ __typename }']]) };
const away = {
  ...(await memoryLedger()),
  listOrders: () => Promise.reject(new LedgerUnavailableError()),
  findEvent: () => Promise.reject(new LedgerUnavailableError()),
};

const MESSAGE = undefined;
/** The second one over SSE: as for clients that accept only JSON, what is not executed may be 200. */
type Status = number | readonly [number, number];
/**
 * What is refused, with which `extensions` and HTTP status, and what a WebSocket gets: a message, a
 * close code, or the status of a refused handshake.
 */
const refusals: readonly [string, Given, JsonObject, Status, number | undefined][] = [
  ['no credential', { authenticated: true }, { code: 'UNAUTHENTICATED' }, 401, 4401],
  [
    'a wrong credential',
    { authenticated: true, credential: 'good.wrong' },
    { code: 'UNAUTHENTICATED' },
    401,
    4401,
  ],
  [
    'an expired credential',
    { authenticated: true, credential: 'expired.secret' },
    { code: 'UNAUTHENTICATED' },
    401,
    4401,
  ],
  [
    'a credential that cannot be checked',
    { parts: { authenticator: { ...knowing, authenticate: () => 'unavailable' } } },
    { code: 'AUTHENTICATION_UNAVAILABLE' },
    503,
    1013,
  ],
  [
    'a missing scope',
    { authenticated: true, credential: 'blind.secret', request: ORDERS },
    { code: 'FORBIDDEN' },
    [403, 200],
    MESSAGE,
  ],
  [
    'introspection without schema:read',
    {
      authenticated: true,
      credential: 'blind.secret',
      request: { query: '{ __schema { queryType { name } } }' },
    },
    { code: 'FORBIDDEN' },
    [403, 200],
    MESSAGE,
  ],
  [
    'a call beyond the rate limit',
    { parts: { rateLimit: { ...createRateLimit(undefined, undefined), admit: () => 3 } } },
    { code: 'RATE_LIMITED', retryAfterSeconds: 3 },
    429,
    MESSAGE,
  ],
  [
    'a call without a free place',
    { parts: { maxInFlight: 0 } },
    { code: 'OVERLOADED', retryAfterSeconds: 1 },
    503,
    MESSAGE,
  ],
  [
    'too many lines',
    { request: { query: `{ __typename ${'\n'.repeat(1_000)} }` } },
    { code: 'GRAPHQL_PARSE_FAILED' },
    [400, 200],
    MESSAGE,
  ],
  [
    'too many tokens',
    { request: { query: `{ ${'a '.repeat(1_000)} }` } },
    { code: 'GRAPHQL_PARSE_FAILED' },
    [400, 200],
    MESSAGE,
  ],
  [
    'too deep a document',
    { request: { query: `{ ${'a { '.repeat(9)} b ${'}'.repeat(9)} }` } },
    { code: 'GRAPHQL_VALIDATION_FAILED' },
    [400, 200],
    MESSAGE,
  ],
  [
    'too many root fields',
    {
      request: {
        query:
          '{ __typename a: __typename b: __typename c: __typename d: __typename e: __typename }',
      },
    },
    { code: 'GRAPHQL_VALIDATION_FAILED' },
    [400, 200],
    MESSAGE,
  ],
  [
    'too many rows',
    {
      request: {
        query:
          '{ orderRecords(first: 100) { edges { node { events(first: 100) { edges { cursor } } } } } }',
      },
    },
    { code: 'BAD_USER_INPUT' },
    [400, 200],
    MESSAGE,
  ],
  [
    'an empty document',
    { request: { query: '' } },
    { code: 'GRAPHQL_PARSE_FAILED' },
    [400, 200],
    MESSAGE,
  ],
  [
    'the name of no operation',
    { request: { query: 'query A { __typename }', operationName: 'B' } },
    { code: 'BAD_USER_INPUT' },
    400,
    MESSAGE,
  ],
  [
    'a hash without a manifest',
    { request: HASH },
    { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
    200,
    MESSAGE,
  ],
  [
    'a text where only trusted documents are executed',
    { parts: trusted },
    { code: 'TRUSTED_DOCUMENTS_ONLY' },
    400,
    MESSAGE,
  ],
  [
    'a document that is not in the manifest',
    { parts: trusted, request: HASH },
    { code: 'DOCUMENT_NOT_FOUND' },
    400,
    MESSAGE,
  ],
  [
    'no document id',
    { parts: trusted, request: {} },
    { code: 'DOCUMENT_ID_REQUIRED' },
    400,
    MESSAGE,
  ],
  [
    'a query while the ledger is away',
    { parts: { ledger: away }, request: ORDERS },
    { code: 'LEDGER_UNAVAILABLE', retryAfterSeconds: 1 },
    200,
    MESSAGE,
  ],
  [
    'a Host that is no name',
    { host: 'x/graphql?', authenticated: true, credential: 'good.secret' },
    { code: 'BAD_REQUEST' },
    400,
    400,
  ],
  [
    'a foreign Host without authentication',
    { host: 'shop.example' },
    { code: 'FORBIDDEN' },
    403,
    403,
  ],
];

/** Tried alone, below. */
const ALONE = [
  ...['SHUTTING_DOWN', 'REQUEST_ENTITY_TOO_LARGE', 'REQUEST_HEADERS_TOO_LARGE'],
  'TOO_MANY_STREAMS',
];
/** `error-bodies.test.ts` tries them and looks for their lines in the log. */
const OF_HTTP = [
  ...['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'NOT_ACCEPTABLE', 'UNSUPPORTED_MEDIA_TYPE'],
  'REQUEST_TIMEOUT',
];

test('every code of a request that is not executed is tried here, or is only of HTTP', () => {
  const documented = rowsOf('docs/reference/graphql-errors.md', 'Code')
    .filter(([, , isExecuted = '']) => isExecuted === 'no')
    .flatMap(([code = '']) => codeIn(code));
  const tried = refusals.map(([, , { code }]) => String(code));
  const all = new Set([...tried, ...ALONE, ...OF_HTTP]);
  expect(documented.length).toBeGreaterThan(15);
  expect(documented.filter((code) => !all.has(code))).toEqual([]);
});

describe('by POST, by GET, over SSE and over WebSocket', () => {
  test.each(refusals)(
    '%s is refused in the same way',
    async (_, given, extensions, statuses, own) => {
      const [status, overSse] = typeof statuses === 'number' ? [statuses, statuses] : statuses;
      const { post, get, sse, loggedCodes, close } = await served({ request: TYPE, ...given });
      const other = await served({ request: TYPE, ...given });
      expect(await post()).toEqual({ status, extensions });
      const { code } = extensions;
      expect(loggedCodes()).toContain(code);
      expect(await get()).toEqual({ status, extensions });
      expect(await sse()).toEqual({ status: overSse, extensions });
      // A close code says it all.
      const hasBody = own === MESSAGE || own < 1_000;
      expect(await other.webSocket()).toEqual({
        status: own,
        extensions: hasBody ? extensions : undefined,
      });
      expect(other.loggedCodes()).toContain(code);
      await Promise.all([close(), other.close()]);
    },
  );

  test('a server that stops begins no further call', async () => {
    const { post, get, sse, webSocket, stopping, ...server } = await served({ request: TYPE });
    stopping.abort();
    const extensions = { code: 'SHUTTING_DOWN' };
    for (const call of [post, get, sse]) {
      expect(await call()).toEqual({ status: 503, extensions });
    }
    expect(await webSocket()).toEqual({ status: MESSAGE, extensions });
    expect(server.loggedCodes()).toEqual(['SHUTTING_DOWN']);
    await server.close();
  });

  test('what is longer than 64 KB, or 16 KB in a URL, is not read', async () => {
    const sized = (kb: number) => ({ ...TYPE, variables: { unknown: 'x'.repeat(kb * 1024) } });
    const { post, sse, webSocket, ...inBody } = await served({ request: sized(64) });
    const { get, ...inUrl } = await served({ request: sized(16) });
    const tooLarge = { status: 413, extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } };
    expect(await post()).toEqual(tooLarge);
    expect(await sse()).toEqual(tooLarge);
    expect(await get()).toEqual({
      status: 431,
      extensions: { code: 'REQUEST_HEADERS_TOO_LARGE' },
    });
    expect(await webSocket()).toEqual({ status: 1009, extensions: undefined });
    expect(inBody.loggedCodes()).toEqual(['REQUEST_ENTITY_TOO_LARGE']);
    expect(inUrl.loggedCodes()).toEqual(['REQUEST_HEADERS_TOO_LARGE']);
    await Promise.all([inBody.close(), inUrl.close()]);
  });

  test('a document of more than 16,384 characters is refused in the same way', async () => {
    const query = `{ __typename ${' '.repeat(16_384)} }`;
    const { post, sse, webSocket, close } = await served({ request: { query } });
    const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
    expect(await post()).toEqual({ status: 400, extensions });
    expect(await sse()).toEqual({ status: 200, extensions });
    expect(await webSocket()).toEqual({ status: MESSAGE, extensions });
    await close();
  });

  test('a subscription that cannot find its cursor in the ledger is refused in the same way', async () => {
    const request = { query: 'subscription { orderEvents(after: "1") { id } }' };
    const { sse, webSocket, close } = await served({ request, parts: { ledger: away } });
    const extensions = { code: 'LEDGER_UNAVAILABLE', retryAfterSeconds: 1 };
    expect(await sse()).toEqual({ status: 200, extensions });
    expect(await webSocket()).toEqual({ status: MESSAGE, extensions });
    await close();
  });

  test.each([
    [{ most: 1, perCaller: 0 }, 429],
    [{ most: 0, perCaller: 1 }, 503],
  ])('with %j open subscriptions the next one is refused', async (streamLimits, status) => {
    const request = { query: 'subscription { orderEvents { id } }' };
    const { sse, webSocket, ...server } = await served({ request, parts: { streamLimits } });
    const extensions = { code: 'TOO_MANY_STREAMS', retryAfterSeconds: 5 };
    expect(await sse()).toEqual({ status, extensions });
    expect(await webSocket()).toEqual({ status: MESSAGE, extensions });
    expect(server.loggedCodes()).toEqual(['TOO_MANY_STREAMS']);
    await server.close();
  });

  test('a page of another origin gets no WebSocket', async () => {
    const { webSocket, close } = await served({ request: TYPE });
    const extensions = { code: 'FORBIDDEN' };
    expect(await webSocket('https://evil.example')).toEqual({ status: 403, extensions });
    expect(await webSocket(PAGE)).toEqual({ status: MESSAGE, extensions: undefined });
    await close();
  });
});
