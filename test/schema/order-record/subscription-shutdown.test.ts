import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { DRAIN_MS, type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe, subscribeAt } from '../../fixtures/http/sse.ts';
import { graphqlWs, openSocket } from '../../fixtures/http/websocket.ts';
import { BEGINNING } from '../../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const opened: { readonly clientFixture: AppWithClient; readonly port: Port }[] = [];
afterAll(async () => {
  for (const { clientFixture, port } of opened) {
    await port.stop();
    await clientFixture.close();
  }
});

async function started() {
  const clientFixture = await createAppWithClient({
    wechat: notificationOptions(),
    now: BEGINNING,
  });
  const port = await serve(clientFixture);
  opened.push({ clientFixture, port });
  return { clientFixture, port };
}

const listeners = ({ streams }: AppWithClient, count: number) => expect.poll(streams).toBe(count);

test('at shutdown every SSE stream is completed', async () => {
  const { clientFixture, port } = await started();
  await clientFixture.see();
  const clients = await Promise.all([
    subscribe(clientFixture),
    subscribeAt(port.url),
    subscribeAt(port.url, { after: '1' }),
    subscribeAt(port.url, { outOrderNo: 'N1' }),
  ]);
  await listeners(clientFixture, 4);
  const took = port.stop();
  for (const client of clients) {
    expect(await client.next()).toEqual({ event: 'complete', data: null });
    await expect(client.next()).rejects.toThrow('the stream has ended');
  }
  expect(await took).toBeLessThan(DRAIN_MS);
  await listeners(clientFixture, 0);
});

test('at shutdown every WebSocket subscription is completed, then the socket is closed', async () => {
  const { clientFixture, port } = await started();
  await clientFixture.see();
  const [one, other] = await Promise.all([
    openSocket(port.webSocketUrl),
    openSocket(port.webSocketUrl),
  ]);
  one.subscribe('1');
  one.subscribe('2', { outOrderNo: 'N1' });
  other.subscribe('1', {});
  await listeners(clientFixture, 3);
  const took = port.stop();
  const delivered = [await one.next(), await one.next()];
  expect(delivered).toEqual(
    expect.arrayContaining([
      { id: '1', type: 'complete' },
      { id: '2', type: 'complete' },
    ]),
  );
  expect(await other.next()).toEqual({ id: '1', type: 'complete' });
  expect([await one.closed(), await other.closed()]).toEqual([1001, 1001]);
  expect(await took).toBeLessThan(DRAIN_MS);
  await listeners(clientFixture, 0);
});

test('at shutdown the subscription of a graphql-ws client ends without an error', async () => {
  const { clientFixture, port } = await started();
  const events = graphqlWs(port.webSocketUrl).subscribe();
  const end = events.next();
  await listeners(clientFixture, 1);
  await port.stop();
  expect(await end).toEqual({ done: true, value: undefined });
});

test('a client that does not answer the close of its WebSocket does not delay the shutdown', async () => {
  const { port } = await started();
  const { hostname, port: number } = new URL(port.url);
  const deaf = connect(Number(number), hostname);
  deaf.on('error', () => {});
  deaf.write(
    [
      'GET /graphql HTTP/1.1',
      `Host: ${hostname}:${number}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  );
  const [head] = await once(deaf, 'data');
  expect(String(head)).toContain('101 Switching Protocols');
  expect(await port.stop()).toBeLessThan(10_000);
  deaf.destroy();
});

test('a subscription that starts during the shutdown is completed immediately', async () => {
  const { clientFixture } = await started();
  await clientFixture.see();
  clientFixture.stopping.abort();
  for (const after of ['1', null]) {
    const client = await subscribe(clientFixture, { after });
    expect(await client.next()).toEqual({ event: 'complete', data: null });
  }
  await listeners(clientFixture, 0);
});

test('an event during the shutdown is sent before the end', async () => {
  const { clientFixture, port } = await started();
  const client = await subscribeAt(port.url);
  await clientFixture.see({ outOrderNo: 'LAST' });
  expect(await client.nextEvent()).toMatchObject({ outOrderNo: 'LAST' });
  await port.stop();
  expect(await client.next()).toEqual({ event: 'complete', data: null });
});
