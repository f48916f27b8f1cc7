import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createHttpServer, listen } from '../../src/http/server.ts';

const MEGABYTE = 1024 * 1024;
const MOST_BYTES = 16 * MEGABYTE;
/** Several times what the operating system buffers for a connection. */
const ANSWER = Buffer.alloc(16 * MEGABYTE, 'x');

test('answers that clients do not read take a bounded amount of memory, and other clients get theirs', async () => {
  const server = createHttpServer(
    ({ url }, response) => response.end(url === '/' ? ANSWER : 'short'),
    {
      checkMs: 20,
      unreadBytes: MOST_BYTES,
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const clients = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const client = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
      await once(client, 'connect');
      client.pause().write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      return client;
    }),
  );
  const unread = () => [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
  await expect
    .poll(() => [...sockets].filter(({ destroyed }) => destroyed).length)
    .toBeGreaterThan(3);
  await expect.poll(unread).toBeLessThanOrEqual(MOST_BYTES);
  expect(await (await fetch(`${url}/short`)).text()).toBe('short');
  for (const client of clients) {
    client.destroy();
  }
  server.closeAllConnections();
  server.close();
});
