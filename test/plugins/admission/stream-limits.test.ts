import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { EVENTS, subscribe, subscribeAt } from '../../fixtures/http/sse.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const SCOPES = ['events:read', 'orders:any'] as const;
let fixture: AppWithClient;
let port: Port;
beforeEach(async () => {
  const authenticator = knowing({
    one: caller(SCOPES, { id: 'one' }),
    other: caller(SCOPES, { id: 'other' }),
    third: caller(SCOPES, { id: 'third' }),
    blind: caller([], { id: 'blind' }),
  });
  fixture = await createAppWithClient({
    wechat: notificationOptions(),
    resources: { authenticator, streamLimits: { most: 3, perCaller: 2 } },
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
