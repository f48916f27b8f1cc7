import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribeAt } from '../../fixtures/http/sse.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { at, textAt } from '../../fixtures/json.ts';
import { BEGINNING } from '../../fixtures/ledger/test-ledger.ts';
import { heapUsed } from '../../fixtures/process/heap.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const MEGABYTE = 1024 * 1024;
const EVENTS = 600;
/** A state that this server does not know, and long: 12 MB of events in all. */
const LONG_WORD = 'X'.repeat(20 * 1024);
const QUERY = 'subscription { orderEvents { cursor stateRaw } }';

let clientFixture: AppWithClient;
let port: Port;
const sockets: Socket[] = [];
beforeAll(async () => {
  clientFixture = await createAppWithClient({ wechat: notificationOptions(), now: BEGINNING });
  port = await serve(clientFixture);
  port.server.on('connection', (socket) => sockets.push(socket));
});
afterAll(async () => {
  await port.stop();
  await clientFixture.close();
});

async function makeEvents() {
  for (let first = 0; first < EVENTS; first += 100) {
    const some = Array.from({ length: 100 }, (_, index) =>
      clientFixture.see({ state: `${LONG_WORD}${first + index}` }),
    );
    await Promise.all(some);
  }
  await expect.poll(() => clientFixture.ledger.bus.head()).toBe(EVENTS);
}

test('subscribers that do not read need little memory, and miss nothing once they read', async () => {
  const sse = await subscribeAt(port.url, {}, QUERY);
  const ws = await openSocket(port.webSocketUrl);
  ws.subscribe('1', {}, QUERY);
  await expect.poll(() => clientFixture.streams()).toBe(2);
  ws.socket.pause();
  const before = heapUsed();
  await makeEvents();
  expect(sockets).toHaveLength(2);
  for (const socket of sockets) {
    expect(socket.writableLength).toBeLessThan(MEGABYTE);
  }
  expect(heapUsed() - before).toBeLessThan(8 * MEGABYTE);

  ws.socket.resume();
  const expected = Array.from({ length: EVENTS }, (_, index) => String(index + 1));
  const overSse: string[] = [];
  const overWs: string[] = [];
  while (overSse.length < EVENTS) {
    overSse.push(textAt(await sse.nextEvent(), 'cursor'));
    const payload = at(await ws.next(), 'payload');
    overWs.push(textAt(payload, 'data', 'orderEvents', 'cursor'));
  }
  expect(overSse).toEqual(expected);
  expect(overWs).toEqual(expected);
  ws.socket.terminate();
  sse.cut();
});
