import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { as, caller, knowing, startIssuer } from '../fixtures/app/callers.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { type Port, serve } from '../fixtures/http/port.ts';
import { EVENTS, subscribe } from '../fixtures/http/sse.ts';
import { openSocket } from '../fixtures/http/websocket.ts';
import { at } from '../fixtures/json.ts';
import { notificationOptions } from '../fixtures/wechat/sdk-notification.ts';

const SCOPES = ['events:read', 'orders:read', 'orders:any'] as const;
const LIFE_MS = 1_500;
let revoking: AbortController;
let clientFixture: AppWithClient;
let port: Port;
beforeEach(async () => {
  revoking = new AbortController();
  const authenticator = knowing({
    lasting: caller(SCOPES),
    keyed: caller(SCOPES, { revoked: revoking.signal }),
    long: caller(SCOPES, { expiresAt: Date.now() + 10 ** 12 }),
    blind: caller(['orders:read', 'orders:any']),
    unavailable: 'unavailable',
  });
  // Its life begins when it is shown.
  const authenticate = (authorization: unknown) =>
    authorization === 'Bearer short'
      ? caller(SCOPES, { expiresAt: Date.now() + LIFE_MS })
      : authenticator.authenticate(authorization);
  const resources = { authenticator: { ...authenticator, authenticate } };
  clientFixture = await createAppWithClient({ wechat: notificationOptions(), resources });
  port = await serve(clientFixture);
});
afterEach(async () => {
  await port.stop();
  await clientFixture.close();
});

const ENDED = { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] };
const sse = (who: string) => subscribe(clientFixture, {}, undefined, as(who));
const socket = (who: string) => openSocket(port.webSocketUrl, {}, as(who));

/** The code that a connection is closed with which begins like this. */
async function closeCode(payload: unknown): Promise<unknown> {
  const client = new WebSocket(port.webSocketUrl, 'graphql-transport-ws');
  await once(client, 'open');
  client.send(JSON.stringify({ type: 'connection_init', payload }));
  const [code] = await once(client, 'close');
  return code;
}

test('when a token expires, its SSE stream gets an error and then its completion', async () => {
  const events = await sse('short');
  await clientFixture.see();
  expect(await events.nextEvent()).toMatchObject({ outOrderNo: 'N1' });
  expect(await events.next()).toMatchObject({ event: 'next', data: ENDED });
  expect(await events.next()).toMatchObject({ event: 'complete' });
  expect(clientFixture.streams()).toBe(0);
});

test('when an API key is revoked, its stream ends immediately', async () => {
  const events = await sse('keyed');
  revoking.abort();
  expect(await events.next()).toMatchObject({ event: 'next', data: ENDED });
  expect(await events.next()).toMatchObject({ event: 'complete' });
});

test('when the key of a token is withdrawn, its stream ends, and its WebSocket is closed with 4401', async () => {
  const issuer = await startIssuer();
  const jwt = { kind: 'jwt', ...issuer.options } as const;
  const authenticator = createAuthenticator(
    { kind: 'required', ways: [jwt] },
    clientFixture.log.log,
  );
  const other = await createAppWithClient({
    wechat: notificationOptions(),
    resources: { authenticator },
  });
  const otherPort = await serve(other);
  const scope = SCOPES.join(' ');
  const who = { authorization: `Bearer ${await issuer.token({ scope })}` };
  const events = await subscribe(other, {}, undefined, who);
  const client = await openSocket(otherPort.webSocketUrl, {}, who);
  issuer.publish(issuer.keys.replace('"n":"', '"n":"x'));
  await authenticator.reloadTokens();
  expect(await events.next()).toMatchObject({ event: 'next', data: ENDED });
  expect(await client.closed()).toBe(4401);
  await otherPort.stop();
  await other.close();
  await issuer.close();
});

test('a token that lasts longer than a timer can wait stays valid', async () => {
  const events = await sse('long');
  await clientFixture.see();
  expect(await events.nextEvent()).toMatchObject({ outOrderNo: 'N1' });
  await events.leave();
  expect(clientFixture.streams()).toBe(0);
});

test('when a token expires, its WebSocket gets the error and is closed with 4401', async () => {
  const client = await socket('short');
  client.subscribe('1');
  await vi.waitFor(() => expect(clientFixture.streams()).toBe(1));
  await clientFixture.see();
  expect(await client.next()).toMatchObject({ type: 'next', id: '1' });
  expect(await client.next()).toMatchObject({ type: 'next', id: '1', payload: ENDED });
  expect(await client.next()).toMatchObject({ type: 'complete', id: '1' });
  expect(await client.closed()).toBe(4401);
});

test('after the expiry a WebSocket starts no further operation', async () => {
  const client = await socket('keyed');
  revoking.abort();
  client.subscribe('1', {}, '{ orderRecords { edges { cursor } } }');
  const said = await client.next().catch(() => 'closed');
  expect(['closed', 'error']).toContain(at(said, 'type') ?? said);
  expect(await client.closed()).toBe(4401);
});

test.each([undefined, {}, { authorization: 7 }, { authorization: 'Bearer wrong' }, { token: 'x' }])(
  'a WebSocket without a valid credential is closed with 4401: %j',
  async (payload) => {
    expect(await closeCode(payload)).toBe(4401);
  },
);

test('a WebSocket whose credential cannot be checked at the moment is closed with 1013', async () => {
  expect(await closeCode(as('unavailable'))).toBe(1013);
});

test('over WebSocket a caller has the same scopes as over HTTP', async () => {
  const client = await socket('blind');
  client.subscribe('1');
  const refusal = { errors: [{ extensions: { code: 'FORBIDDEN' } }] };
  expect(await client.next()).toMatchObject({ type: 'next', id: '1', payload: refusal });
  expect(await client.next()).toMatchObject({ type: 'complete', id: '1' });
  client.subscribe('2', {}, '{ __schema { queryType { name } } }');
  expect(await client.next()).toMatchObject({ type: 'error', id: '2', payload: refusal.errors });
  client.subscribe('3', {}, '{ orderRecords { edges { cursor } } }');
  expect(await client.next()).toMatchObject({ payload: { data: { orderRecords: {} } } });
  expect(clientFixture.streams()).toBe(0);
  client.socket.terminate();
});

test('an unauthenticated caller receives the same error over SSE as over HTTP', async () => {
  const headers = { accept: 'text/event-stream' };
  const response = await clientFixture.app.fetch(graphqlRequest({ query: EVENTS }, headers));
  expect(response.status).toBe(401);
  expect(clientFixture.streams()).toBe(0);
});
