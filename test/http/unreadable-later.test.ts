import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createOverloadResponse } from '../../src/http/overloaded.ts';
import { createHttpServer, listen } from '../../src/http/server.ts';

const LIMITS = { headersMs: 60, requestMs: 60, checkMs: 10 };
const post = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`;

async function server() {
  const executing = Promise.withResolvers<ServerResponse>();
  const sendOverloaded = createOverloadResponse({});
  const http = createHttpServer(
    (request, response) => {
      request.resume();
      executing.resolve(response);
    },
    LIMITS,
    ({ url }, response) => {
      if (url === '/refused') {
        sendOverloaded(response, 'R-1');
      }
      return url === '/refused';
    },
  );
  const url = await listen(http, { host: '127.0.0.1', port: 0 });
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  await once(client, 'connect');
  return {
    client,
    executing: executing.promise,
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
}

test.each([
  ['does not arrive', `${post('/next', 2)}{`, 408],
  ['is no HTTP', 'nonsense\r\n\r\n', 400],
])(
  'a request that is being executed gets its own answer when the next one %s',
  async (_how, next, status) => {
    const { client, close, executing } = await server();
    const answer = text(client);
    client.write(`${post('/create', 2)}{}${next}`);
    const response = await executing;
    // Past the time in which a request has to arrive.
    await sleep(2 * LIMITS.requestMs);
    response.end();
    expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', `HTTP/1.1 ${status}`]);
    close();
  },
);

test.each([
  ['does not come', ''],
  ['is no HTTP', 'ZZ\r\n'],
])('a request that is answered before its body, which %s, is answered once', async (_how, body) => {
  const { client, close } = await server();
  const answer = text(client);
  client.write(
    body === ''
      ? post('/refused', 2)
      : 'POST /refused HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  client.write(body);
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503']);
  close();
});
