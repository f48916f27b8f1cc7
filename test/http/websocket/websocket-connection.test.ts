import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { caller } from '../../fixtures/app/callers.ts';
import { createTestApp, stubWechat } from '../../fixtures/app/test-app.ts';
import { CREATE } from '../../fixtures/graphql/documents.ts';
import { newOutOrderNo, orderInput } from '../../fixtures/graphql/inputs.ts';
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

test('a WebSocket that closes while its credential is checked leaves nothing that waits for the expiry', async () => {
  const revoked = new AbortController();
  let answer = () => {};
  const authenticator = {
    required: true,
    authenticate: async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return caller([], { expiresAt: Date.now() + 3_600_000, revoked: revoked.signal });
    },
    reload: () => {},
    reloadTokens: async () => {},
  };
  const own = createTestApp({ authenticator });
  const ownPort = await serve({ app: own, stopping: new AbortController() });
  const socket = new WebSocket(ownPort.webSocketUrl, 'graphql-transport-ws');
  await once(socket, 'open');
  const unanswered = answer;
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await expect.poll(() => answer !== unanswered).toBe(true);
  socket.terminate();
  await sleep(50);
  answer();
  await sleep(20);
  expect(getEventListeners(revoked.signal, 'abort')).toEqual([]);
  await ownPort.stop();
  await own.dispose();
});

test('a write over WebSocket is recorded with the request id under which it runs', async () => {
  const requests = createRequestIds();
  const recorded: (readonly [stored: unknown, current: unknown])[] = [];
  const fixture = await createAppWithSandbox({
    resources: { requests },
    engine: (real) => ({
      ...real,
      run: (name, input, options) => {
        if (name === 'acquireIntent') {
          recorded.push([at(input, 'origin', 'requestId'), requests.id()]);
        }
        return real.run(name, input, options);
      },
    }),
  });
  const ownPort = await serve(fixture);
  const client = await openSocket(ownPort.webSocketUrl);
  client.subscribe('1', { input: orderInput({ outOrderNo: newOutOrderNo() }) }, CREATE);
  expect(await client.next()).toMatchObject({
    payload: { data: { createPayAfterOrder: { __typename: 'CreatePayAfterOrderPayload' } } },
  });
  const [[stored, current] = []] = recorded;
  expect(stored).toMatch(/^[\da-f-]{36}$/);
  expect(stored).toBe(current);
  client.socket.terminate();
  await ownPort.stop();
  await fixture.close();
});
