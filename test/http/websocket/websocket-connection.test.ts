import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestApp, stubWechat } from '../../fixtures/app/test-app.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { at } from '../../fixtures/json.ts';

const QUERY = '{ payAfterOrder(by: { outOrderNo: "WS-1" }) { state } }';

let signals: (AbortSignal | undefined)[];
let app: ReturnType<typeof createTestApp>;
let port: Port;
beforeEach(async () => {
  signals = [];
  app = createTestApp({
    wechat: stubWechat({
      queryPayAfterOrder: (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signals.push(signal);
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    }),
  });
  port = await serve({ app, stopping: new AbortController() });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await port.stop();
  await app.dispose();
});

test('over WebSocket the query of a client that disconnects is aborted, and nothing is an error', async () => {
  const client = await openSocket(port.webSocketUrl);
  client.subscribe('1', {}, QUERY);
  await expect.poll(() => signals.length).toBe(1);
  expect(signals[0]?.aborted).toBe(false);
  client.socket.terminate();
  await expect.poll(() => signals[0]?.aborted).toBe(true);
  await sleep(20);
  expect(app.log.entries().map((entry) => at(entry, 'level'))).not.toContain('error');
});

test.each([
  { id: '1', type: 'next', payload: { data: null } },
  { id: '1', type: 'error', payload: [{ message: 'x' }] },
  { type: 'connection_ack' },
  { type: 'nothing' },
])(
  'a message of a type that clients do not send closes the socket, and nothing is printed: %j',
  async (message) => {
    const printed = vi.spyOn(console, 'error');
    const client = await openSocket(port.webSocketUrl);
    client.send(message);
    expect(await client.closed()).toBe(4400);
    expect(printed).not.toHaveBeenCalled();
    expect(app.log.entries().map((entry) => at(entry, 'level'))).not.toContain('error');
  },
);
