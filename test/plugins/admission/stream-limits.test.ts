import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { noLimits } from '../../fixtures/app/no-limits.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { EVENTS, subscribe, subscribeAt } from '../../fixtures/http/sse.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { BEGINNING } from '../../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const SCOPES = ['events:read', 'orders:any'] as const;
/** As over a network: a cursor is not found immediately. */
const LOOK_UP_MS = 30;
let fixture: AppWithClient;
let port: Port;
let openedStreams = 0;
beforeEach(async () => {
  const authenticator = knowing({
    one: caller(SCOPES, { id: 'one' }),
    other: caller(SCOPES, { id: 'other' }),
    third: caller(SCOPES, { id: 'third' }),
    blind: caller([], { id: 'blind' }),
  });
  openedStreams = 0;
  const { metrics } = noLimits();
  fixture = await createAppWithClient({
    wechat: notificationOptions(),
    now: BEGINNING,
    ledger: (real) => ({
      ...real,
      findEvent: async (...cursor) => {
        const exists = await real.findEvent(...cursor);
        await sleep(LOOK_UP_MS);
        return exists;
      },
    }),
    resources: {
      authenticator,
      streamLimits: { most: 3, perCaller: 2 },
      metrics: {
        ...metrics,
        stream: (change) => {
          openedStreams += change;
        },
      },
    },
  });
  port = await serve(fixture);
});
afterEach(async () => {
  await port.stop();
  await fixture.close();
});

const streams = (count: number) => expect.poll(() => fixture.streams()).toBe(count);
/** Opens one more stream. */
async function open(who: string) {
  const before = fixture.streams();
  const stream = await subscribeAt(port.url, {}, EVENTS, as(who));
  await streams(before + 1);
  return stream;
}
async function refusal(who: string) {
  const headers = { accept: 'text/event-stream', ...as(who) };
  const response = await fixture.app.fetch(graphqlRequest({ query: EVENTS }, headers));
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text };
}

test('a caller has so many subscriptions over SSE and WebSocket together, and the next is refused with Retry-After', async () => {
  const stream = await open('one');
  const socket = await openSocket(port.webSocketUrl, {}, as('one'));
  socket.subscribe('1');
  await streams(2);
  expect(await refusal('one')).toEqual({
    status: 429,
    retryAfter: '5',
    text: expect.stringMatching(/at most 2\. Close one first\..*TOO_MANY_STREAMS/),
  });
  socket.subscribe('2');
  expect(await socket.next()).toMatchObject({
    id: '2',
    payload: { errors: [{ extensions: { code: 'TOO_MANY_STREAMS', retryAfterSeconds: 5 } }] },
  });
  expect(await socket.next()).toMatchObject({ type: 'complete', id: '2' });
  stream.cut();
  await streams(1);
  socket.subscribe('3');
  await streams(2);
  socket.socket.terminate();
  await streams(0);
  await open('one');
  await open('one');
});

test('all callers together have so many, and the next is refused for every caller', async () => {
  const first = await open('one');
  await open('one');
  await open('other');
  expect(await refusal('third')).toMatchObject({
    status: 503,
    retryAfter: '5',
    text: expect.stringContaining('TOO_MANY_STREAMS'),
  });
  first.cut();
  await streams(2);
  await open('third');
});

test('a subscription that does not begin takes no place', async () => {
  for (let tries = 0; tries < 5; tries += 1) {
    expect((await refusal('blind')).text).toContain('FORBIDDEN');
    const wrong = await subscribe(fixture, { after: 'x' }, undefined, as('one'));
    expect(JSON.stringify(await wrong.next())).toContain('BAD_USER_INPUT');
  }
  await open('one');
  await open('one');
  await open('other');
});

test('a WebSocket that goes while its subscription begins leaves none behind', async () => {
  for (let tries = 0; tries < 5; tries += 1) {
    const socket = await openSocket(port.webSocketUrl, {}, as('one'));
    socket.subscribe('1');
    await new Promise(setImmediate);
    socket.socket.terminate();
  }
  await streams(0);
  await open('one');
  await open('one');
});

test('an SSE client that goes while its subscription begins leaves no place taken', async () => {
  await fixture.see();
  for (const delayMs of [1, 5, 10, 20, 29, 35, 45]) {
    const request = httpRequest(`${port.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...as('one') },
    });
    request.on('error', () => {});
    request.end('{"query":"subscription { orderEvents(after: \\"1\\") { id } }"}');
    await sleep(delayMs);
    request.destroy();
  }
  await sleep(3 * LOOK_UP_MS);
  expect(openedStreams).toBe(0);
  await open('one');
  await open('one');
  expect((await refusal('one')).status).toBe(429);
});
