import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe, subscribeAt } from '../../fixtures/http/sse.ts';
import { graphqlWs, openSocket } from '../../fixtures/http/websocket.ts';
import { BEGINNING } from '../../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

/** As over a network: a cursor is not found immediately. */
const LOOK_UP_MS = 30;
const slow = (real: Ledger): Ledger => ({
  ...real,
  findEvent: async (...cursor) => {
    const exists = await real.findEvent(...cursor);
    await sleep(LOOK_UP_MS);
    return exists;
  },
  eventsAfter: async (query) => {
    const events = await real.eventsAfter(query);
    await sleep(LOOK_UP_MS);
    return events;
  },
});

let clientFixture: AppWithClient;
let port: Port;
beforeEach(async () => {
  clientFixture = await createAppWithClient({
    wechat: notificationOptions(),
    ledger: slow,
    now: BEGINNING,
  });
  port = await serve(clientFixture);
  await clientFixture.see();
});
afterEach(async () => {
  try {
    await listeners(0);
  } finally {
    await port.stop();
    await clientFixture.close();
  }
});

const listeners = (count: number) => expect.poll(() => clientFixture.streams()).toBe(count);

test('an SSE client that disconnects leaves no subscription', async () => {
  const clients = await Promise.all([subscribe(clientFixture), subscribe(clientFixture)]);
  expect(clientFixture.streams()).toBe(2);
  await clientFixture.see({ outOrderNo: 'N2' });
  await Promise.all(clients.map((client) => client.nextEvent()));
  await clients[0].leave();
  await listeners(1);
  await clients[1].leave();
});

test('an SSE client that ends its connection leaves no subscription', async () => {
  const client = await subscribeAt(port.url);
  await listeners(1);
  client.socket.destroy();
});

test('an SSE client whose connection is reset leaves no subscription', async () => {
  const client = await subscribeAt(port.url);
  await listeners(1);
  client.cut();
});

test('SSE clients that disconnect before the response leave no subscription', async () => {
  for (const delay of [0, 1, 2, 5, 20, 40, 60]) {
    const request = httpRequest(`${port.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    });
    request.on('error', () => {});
    request.end('{"query":"subscription { orderEvents(after: \\"1\\") { id } }"}');
    await sleep(delay);
    request.destroy();
  }
  await sleep(2 * LOOK_UP_MS);
});

test('a client that disconnects during the stored events leaves no subscription', async () => {
  await Promise.all(
    Array.from({ length: 300 }, (_, index) => clientFixture.see({ outOrderNo: `M${index}` })),
  );
  const client = await subscribeAt(port.url, { after: '1' });
  await client.nextEvent();
  client.cut();
});

test('a WebSocket subscription that is completed ends, and another one on the same connection continues', async () => {
  const client = await openSocket(port.webSocketUrl);
  client.subscribe('1');
  client.subscribe('2');
  await listeners(2);
  client.send({ id: '1', type: 'complete' });
  await listeners(1);
  await clientFixture.see({ outOrderNo: 'N2' });
  expect(await client.next()).toMatchObject({ id: '2', type: 'next' });
  client.socket.close();
});

test.each(['close', 'terminate'] as const)(
  'the subscriptions of a WebSocket end upon its %s',
  async (end) => {
    const client = await openSocket(port.webSocketUrl);
    client.subscribe('1');
    client.subscribe('2', { after: '1' });
    await listeners(2);
    client.socket[end]();
  },
);

test('a WebSocket that disconnects before its subscription starts leaves none', async () => {
  for (const after of ['1', null]) {
    const client = await openSocket(port.webSocketUrl);
    client.subscribe('1', { after });
    client.send({ id: '1', type: 'complete' });
    client.subscribe('2', { after });
    client.socket.terminate();
  }
  // What has gone before its listener was there must not put one there later.
  await sleep(2 * LOOK_UP_MS);
});

test('a graphql-ws client that disposes of its connection leaves no subscription', async () => {
  const client = graphqlWs(port.webSocketUrl);
  const result = client.subscribe().next();
  result.catch(() => {});
  await listeners(1);
  await client.dispose();
});
