import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestGate } from '../../src/http/request-headers.ts';
import { createHttpServer, rejecting } from '../../src/http/server.ts';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { notificationOptions } from '../fixtures/wechat/sdk-notification.ts';

const BODY = '{"query":"{ __typename }"}';

let app: AppWithClient;
let port = 0;
let gate = requestGate(true);
let rejected: number[] = [];
let stop = () => {};

beforeAll(async () => {
  app = await createAppWithClient({ wechat: notificationOptions() });
  const server = createHttpServer(
    rejecting(
      app.app.requestListener,
      (request) => gate(request),
      (status) => rejected.push(status),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterAll(async () => {
  stop();
  await app.close();
});

/** Sends exactly these bytes and returns all that comes back. */
async function raw(head: readonly string[], body = BODY): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const lines = [
    ...head,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
  }
  return answer;
}

const statusOf = (answer: string) => Number(answer.split(' ')[1]);

describe('Host and target', () => {
  test.each(['shop.example', 'shop.example:443', '127.0.0.1:4000', '[::1]:4000', 'api_1', 'a.b-c'])(
    'the Host %s is accepted',
    async (host) => {
      const answer = await raw(['POST /graphql HTTP/1.1', `Host: ${host}`]);
      expect(statusOf(answer)).toBe(200);
      expect(answer).toContain('"__typename":"Query"');
    },
  );

  test.each([
    'x/graphql?',
    'x/graphql#',
    'x/graphql',
    '/graphql?',
    'user@shop.example',
    'shop.example:port',
    'shop.example:4000/graphql?',
    'a b',
    '[::1',
    '[graphql]',
    'x\\graphql?',
    'x%2fgraphql',
    '',
    '-',
    'ü',
  ])('the Host %j is a 400 on every path, and never part of the path', async (host) => {
    for (const path of ['/wechat/notify', '/graphql', '/health', '/nowhere']) {
      const answer = await raw([`POST ${path} HTTP/1.1`, `Host: ${host}`]);
      expect(statusOf(answer), path).toBe(400);
      expect(answer).not.toContain('__typename');
      expect(answer).not.toMatch(/\.ts|\.js|at /);
    }
  });

  test('two Host headers are rejected with 400', async () => {
    const answer = await raw(['POST /graphql HTTP/1.1', 'Host: a.example', 'Host: b.example']);
    expect(statusOf(answer)).toBe(400);
  });

  test.each(['http://shop.example/graphql', 'graphql', '*', '?query', 'http://x/wechat/notify'])(
    'the request target %s is a 400',
    async (target) => {
      const answer = await raw([`POST ${target} HTTP/1.1`, 'Host: shop.example']);
      expect(statusOf(answer)).toBe(400);
      expect(answer).not.toContain('__typename');
    },
  );

  test.each(['//graphql', '/%67raphql', '/graphql;a', '/graphql%2f', '/wechat/notify?/../graphql'])(
    'the path %s is not GraphQL',
    async (path) => {
      const answer = await raw([`POST ${path} HTTP/1.1`, 'Host: shop.example']);
      expect(answer).not.toContain('__typename');
      expect(statusOf(answer)).toBeLessThan(500);
    },
  );

  test.each([
    '/wechat/notify/../../graphql',
    '/wechat/notify/%2e%2E/..%2f../graphql',
    '/wechat/../graphql',
    '/./graphql',
    '/wechat/.%2e/graphql',
    '/wechat\\..\\graphql',
    '/graphql#/wechat/notify',
    '/graphql/..',
  ])('the path %s, which a proxy may read otherwise, is a 400', async (path) => {
    const answer = await raw([`POST ${path} HTTP/1.1`, 'Host: shop.example']);
    expect(statusOf(answer)).toBe(400);
    expect(answer).not.toContain('__typename');
  });

  test('a rejected request is answered as JSON that says what to send', async () => {
    const answer = await raw(['POST /graphql HTTP/1.1', 'Host: x/graphql?']);
    expect(answer).toMatch(/content-type: application\/json/i);
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(answer).toContain(
      '{"errors":[{"message":"Invalid Host header. Send one name or address with an optional port.","extensions":{"code":"BAD_REQUEST"}}]}',
    );
  });
});

test('a client that still sends its body gets the response to a rejected request', async () => {
  const socket = connect(port, '127.0.0.1');
  const head = ['POST /wechat/notify HTTP/1.1', 'Host: shop.example', 'Content-Length: 300000'];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  let answer = '';
  let problem: unknown;
  socket.on('error', (error) => {
    problem = error;
  });
  await once(socket, 'readable');
  // The response is not read before the body is sent, as by a proxy.
  for (let sent = 0; sent < 300_000; sent += 10_000) {
    socket.write(' '.repeat(10_000));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  for await (const chunk of socket) {
    answer += String(chunk);
  }
  expect(statusOf(answer)).toBe(401);
  expect(problem).toBeUndefined();
});

test('a rejected request is counted, and an accepted one is not', async () => {
  rejected = [];
  await raw(['POST /graphql HTTP/1.1', 'Host: x/graphql?']);
  await raw(['POST /graphql HTTP/1.1', 'Host: shop.example']);
  expect(rejected).toEqual([400]);
});

describe('Upgrade', () => {
  test.each(['h2c', 'h2c, websocket', 'TLS/1.2', 'foo'])(
    'an Upgrade to %s is ignored, and the request is served',
    async (protocol) => {
      const answer = await raw([
        'POST /graphql HTTP/1.1',
        'Host: shop.example',
        `Upgrade: ${protocol}`,
        'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
      ]);
      expect(statusOf(answer)).toBe(200);
      expect(answer).toContain('"__typename":"Query"');
    },
  );
});

describe('without authentication', () => {
  const open = requestGate(false);
  const statusFor = async (head: readonly string[], path = '/graphql') => {
    gate = open;
    try {
      return statusOf(await raw([`POST ${path} HTTP/1.1`, ...head]));
    } finally {
      gate = requestGate(true);
    }
  };

  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '127.8.0.1', '[::1]:4000'])(
    'a request of this machine is accepted: Host %s',
    async (host) => {
      expect(await statusFor([`Host: ${host}`])).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1:4000'])(
    'a page that resolves its name to this machine is refused: Host %s',
    async (host) => {
      expect(await statusFor([`Host: ${host}`])).toBe(403);
      // Webhooks are signed: this one is refused by its signature.
      expect(await statusFor([`Host: ${host}`], '/wechat/notify')).toBe(401);
      expect(await statusFor([`Host: ${host}`], '/health?probe=1')).not.toBe(403);
    },
  );

  test.each(['Forwarded: for=1.2.3.4', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https'])(
    'a request that a proxy forwards is refused: %s',
    async (header) => {
      expect(await statusFor(['Host: 127.0.0.1', header])).toBe(403);
    },
  );
});
