import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { caller, knowing } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe } from '../../fixtures/http/sse.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { at, type JsonObject, listAt } from '../../fixtures/json.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

let clientFixture: AppWithClient;
let port: Port;
beforeAll(async () => {
  clientFixture = await createAppWithClient({ wechat: notificationOptions() });
  port = await serve(clientFixture);
});
afterAll(async () => {
  await port.stop();
  await clientFixture.close();
});

/** The status of an upgrade by a page of an origin; 101 where it was accepted. */
async function upgrade(headers: Readonly<Record<string, string>>): Promise<unknown> {
  const socket = new WebSocket(port.webSocketUrl, 'graphql-transport-ws', { headers });
  socket.on('error', () => {});
  const [, response] = await Promise.race([
    once(socket, 'unexpected-response'),
    once(socket, 'upgrade').then(([upgraded]) => [undefined, upgraded]),
  ]);
  socket.terminate();
  return at(response, 'statusCode');
}

test.each([
  'https://evil.example',
  'http://127.0.0.1:1',
  'http://127.0.0.1',
  'null',
  '',
  'https://pages.example.evil.example',
  'https://pages.example:444',
])('a WebSocket from a page of another origin is refused: %j', async (origin) => {
  expect(await upgrade({ origin })).toBe(403);
});

test('a WebSocket from this server, from a listed origin or without an origin is accepted', async () => {
  expect(await upgrade({ origin: port.url })).toBe(101);
  expect(await upgrade({ origin: 'https://pages.example' })).toBe(101);
  expect(await upgrade({})).toBe(101);
});

/** The errors of an operation, over WebSocket: of the message error or of a result. */
async function socketErrors(query: string, variables: JsonObject = {}) {
  const client = await openSocket(port.webSocketUrl);
  client.subscribe('1', variables, query);
  const message = await client.next();
  client.socket.terminate();
  const payload = at(message, 'payload');
  return Array.isArray(payload) ? payload : listAt(payload, 'errors');
}

async function sseErrors(query: string, variables: JsonObject = {}) {
  const client = await subscribe(clientFixture, variables, query);
  const { data } = await client.next();
  return listAt(data, 'errors');
}

async function httpErrors(query: string, variables: JsonObject = {}) {
  const response = await clientFixture.app.fetch(graphqlRequest({ query, variables }));
  return listAt(await response.json(), 'errors');
}

describe.each([
  ['WebSocket', socketErrors],
  ['server-sent events', sseErrors],
  ['HTTP', httpErrors],
])('over %s', (_name, errorsOf) => {
  const SUBSCRIPTION = 'subscription ($after: String) { orderEvents(after: $after) { id } }';
  const CANCEL =
    'mutation ($input: CancelPayAfterOrderInput!) { cancelPayAfterOrder(input: $input) { __typename } }';

  test.each<[string, string, string, JsonObject]>([
    ['a syntax error', 'GRAPHQL_PARSE_FAILED', 'subscription { a(b: "SECRET" }', {}],
    ['a string without an end', 'GRAPHQL_PARSE_FAILED', 'subscription { a(b: "SECRET) { c } }', {}],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', 'subscription { nothing }', {}],
    [
      'a literal of the wrong type',
      'GRAPHQL_VALIDATION_FAILED',
      'subscription { orderEvents(outOrderNo: { SECRET: "SECRET" }) { id } }',
      {},
    ],
    ['a variable of the wrong type', 'BAD_USER_INPUT', SUBSCRIPTION, { after: { x: 'SECRET' } }],
    ['an input of the wrong type', 'BAD_USER_INPUT', CANCEL, { input: { outOrderNo: ['SECRET'] } }],
    ['a field too many', 'BAD_USER_INPUT', CANCEL, { input: { unknown: 'SECRET' } }],
    ['a missing variable', 'BAD_USER_INPUT', CANCEL, {}],
    ['a cursor that is none', 'BAD_USER_INPUT', SUBSCRIPTION, { after: 'SECRET' }],
  ])('%s has the code %s and contains no value', async (_what, code, query, variables) => {
    const errors = await errorsOf(query, variables);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(at(error, 'extensions')).toEqual({ code });
      expect(Object.keys(error ?? {}).sort()).toEqual(
        expect.not.arrayContaining(['stack', 'originalError']),
      );
    }
    expect(JSON.stringify(errors)).not.toContain('SECRET');
  });
});

test('an unexpected error is masked on both transports', async () => {
  const fail = () => Promise.reject(new Error('the driver has been destroyed'));
  const broken = await createAppWithClient({
    wechat: notificationOptions(),
    ledger: (real) => ({ ...real, listOrders: fail, findEvent: fail }),
  });
  const brokenPort = await serve(broken);
  const masked = [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }];
  const sse = await subscribe(broken, { after: '1' });
  expect(at((await sse.next()).data, 'errors')).toMatchObject(masked);
  const client = await openSocket(brokenPort.webSocketUrl);
  client.subscribe('1', { after: '1' });
  expect(at(await client.next(), 'payload', 'errors')).toMatchObject(masked);
  client.subscribe('2', {}, '{ orderRecords { edges { cursor } } }');
  const answer = JSON.stringify([await client.next(), await client.next()]);
  expect(answer).toContain('INTERNAL_SERVER_ERROR');
  expect(answer).not.toMatch(/driver|destroyed|stack/);
  await brokenPort.stop();
  await broken.close();
});

test('queries and mutations can be executed over WebSocket too', async () => {
  const client = await openSocket(port.webSocketUrl);
  client.subscribe('1', {}, '{ orderRecords { pageInfo { hasNextPage } } }');
  expect(await client.next()).toEqual({
    id: '1',
    type: 'next',
    payload: { data: { orderRecords: { pageInfo: { hasNextPage: false } } } },
  });
  expect(await client.next()).toEqual({ id: '1', type: 'complete' });
  client.socket.terminate();
});

test('a WebSocket message over 64 KB closes the socket, and nothing is printed', async () => {
  const print = vi.spyOn(console, 'error');
  const client = await openSocket(port.webSocketUrl);
  client.subscribe('1', { outOrderNo: 'x'.repeat(64 * 1024) });
  expect(await client.closed()).toBe(1009);
  expect(print).not.toHaveBeenCalled();
  expect(clientFixture.streams()).toBe(0);
});

test('a WebSocket message in more than 64 fragments closes the socket, and fewer are accepted', async () => {
  const client = await openSocket(port.webSocketUrl);
  const sendIn = (fragments: number) => {
    const payload = { query: 'subscription { orderEvents { id } }' };
    const text = JSON.stringify({ id: String(fragments), type: 'subscribe', payload });
    const size = Math.ceil(text.length / fragments);
    for (let from = 0; from < fragments; from += 1) {
      const part = text.slice(from * size, (from + 1) * size) || ' ';
      client.socket.send(part, { fin: from === fragments - 1 });
    }
  };
  sendIn(60);
  await expect.poll(() => clientFixture.streams()).toBe(1);
  sendIn(65);
  expect(await client.closed()).toBe(1008);
});

test('a WebSocket message of just under 64 KB is accepted', async () => {
  const client = await openSocket(port.webSocketUrl);
  // A variable that the operation does not know is as long as it likes.
  client.subscribe('1', { outOrderNo: 'N1', unknown: 'x'.repeat(64 * 1024 - 500) });
  await expect.poll(() => clientFixture.streams()).toBe(1);
  client.socket.close();
});

test.each<[string, JsonObject]>([
  ['authorization', { authorization: 'Bearer good' }],
  ['Authorization', { Authorization: 'Bearer good' }],
  ['AUTHORIZATION', { AUTHORIZATION: 'Bearer good' }],
  ['headers with authorization', { headers: { authorization: 'Bearer good' } }],
  ['headers with Authorization', { headers: { Authorization: 'Bearer good' } }],
  [
    'its own before that of headers',
    { Authorization: 'Bearer good', headers: { authorization: 'Bearer other' } },
  ],
])('the credential of a connection may be %s', async (_, payload) => {
  const authenticator = knowing({ good: caller(['orders:read', 'orders:any']) });
  const known = await createAppWithClient({
    wechat: notificationOptions(),
    resources: { authenticator },
  });
  const knownPort = await serve(known);
  const client = await openSocket(knownPort.webSocketUrl, {}, payload);
  client.subscribe('1', {}, '{ __typename }');
  expect(at(await client.next(), 'payload')).toEqual({ data: { __typename: 'Query' } });
  client.socket.terminate();
  await knownPort.stop();
  await known.close();
});
