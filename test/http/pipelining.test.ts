import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createHttpServer, listen } from '../../src/http/server.ts';

const REQUESTS = 40;
const BODY = 'x'.repeat(60_000);
/** A part of what Node reads in one go, before it and after it. */
const MOST_BYTES = 4 * 64 * 1024;

test('of requests behind one that is under way no more is read than a few pieces, and each is answered in its turn', async () => {
  const answered: string[] = [];
  const first = Promise.withResolvers<ServerResponse>();
  const server = createHttpServer(async (request, response) => {
    if (request.url === '/health') {
      response.end();
    } else if (request.url === '/0') {
      first.resolve(response);
    } else {
      answered.push(`${request.url} ${(await text(request)).length}`);
      response.end();
    }
  });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const client = connect(Number(new URL(url).port), '127.0.0.1').resume();
  for (let index = 0; index < REQUESTS; index += 1) {
    const head = `POST /${index} HTTP/1.1\r\nhost: x\r\ncontent-length: ${BODY.length}\r\n`;
    client.write(`${head}${index === REQUESTS - 1 ? 'connection: close\r\n' : ''}\r\n${BODY}`);
  }
  const response = await first.promise;
  // The server has had many turns to read more.
  for (let turn = 0; turn < 20; turn += 1) {
    await (await fetch(`${url}/health`)).text();
  }
  expect(sockets[0]?.bytesRead).toBeLessThan(MOST_BYTES);
  response.end();
  await once(client, 'close');
  expect(answered).toEqual(
    Array.from({ length: REQUESTS - 1 }, (_, index) => `/${index + 1} ${BODY.length}`),
  );
  server.closeAllConnections();
  server.close();
});
