import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createHttpServer } from '../../src/http/server.ts';
import { createTestApp } from '../fixtures/app/test-app.ts';

const CLIENTS = 50;
const LIMITS = { headersMs: 200, requestMs: 500, stalledMs: 400, idleMs: 400, checkMs: 50 };
const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener = createTestApp().requestListener): Promise<number> {
  server = createHttpServer(listener, LIMITS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Ms until each of many clients that begin so is cut off. */
async function cutAfter(port: number, begin: (socket: Socket) => void): Promise<readonly number[]> {
  const clients = Array.from({ length: CLIENTS }, async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    const since = performance.now();
    begin(socket);
    socket.resume();
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    return performance.now() - since;
  });
  return await Promise.all(clients);
}

/** So much in one write, then a byte now and then, for as long as anybody listens. */
function dripAfter(socket: Socket, start: string, drip = ' ') {
  socket.write(start);
  const timer = setInterval(() => socket.write(drip), 50);
  socket.once('close', () => clearInterval(timer));
}

test.each([
  ['say nothing', () => {}],
  ['send their headers byte by byte', (socket: Socket) => dripAfter(socket, HEAD)],
])('clients that %s are disconnected soon, and others are served meanwhile', async (_, begin) => {
  const port = await serve();
  const slow = cutAfter(port, begin);
  await sleep(50);
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  expect(health.status).toBe(200);
  expect(Math.max(...(await slow))).toBeLessThan(LIMITS.headersMs + 1_500);
});

test('clients that send their bodies byte by byte are disconnected soon, and occupy no slot', async () => {
  const port = await serve(createTestApp({ maxInFlight: 1 }).requestListener);
  const slow = cutAfter(port, (socket) => {
    dripAfter(socket, `${HEAD}content-length: 1000\r\n\r\n{`);
  });
  await sleep(100);
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
  });
  expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
  expect(Math.max(...(await slow))).toBeLessThan(LIMITS.requestMs + 1_500);
});

test('a client that does not read its response is disconnected', async () => {
  const closed: number[] = [];
  const port = await serve((_request, response) => {
    const since = performance.now();
    response.on('close', () => closed.push(performance.now() - since));
    response.end(Buffer.alloc(32 * 1024 * 1024));
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await expect.poll(() => closed.length, { timeout: 3_000 }).toBe(1);
  expect(closed[0]).toBeGreaterThan(LIMITS.stalledMs / 2);
  socket.destroy();
});

test('a client that does not read is disconnected even if it keeps sending', async () => {
  let closedMs = 0;
  const port = await serve((_request, response) => {
    const since = performance.now();
    response.on('close', () => {
      closedMs = performance.now() - since;
    });
    response.end(Buffer.alloc(32 * 1024 * 1024));
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  dripAfter(socket, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', '\r\n');
  await expect.poll(() => closedMs, { timeout: 5_000 }).toBeGreaterThan(LIMITS.stalledMs / 2);
  socket.destroy();
});

test('a client that continues to read after a pause gets the whole response, and the next one', async () => {
  const size = 16 * 1024 * 1024;
  const port = await serve((_request, response) => {
    response.end(Buffer.alloc(size));
  });
  const socket = connect(port, '127.0.0.1');
  let got = 0;
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await sleep(LIMITS.stalledMs / 2);
  socket.on('data', (part: Buffer) => {
    got += part.length;
  });
  socket.resume();
  await expect.poll(() => got).toBeGreaterThan(size);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await expect.poll(() => got).toBeGreaterThan(2 * size);
  socket.destroy();
});

test('requests that a client sends at the same time are started one after the other', async () => {
  const begun: string[] = [];
  const answers: (() => void)[] = [];
  const port = await serve((request, response) => {
    begun.push(request.url ?? '');
    answers.push(() => response.end(request.url));
  });
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let read = '';
  socket.on('data', (part: string) => {
    read += part;
  });
  const paths = ['/1', '/2', '/3'];
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join(''));
  for (const [index] of paths.entries()) {
    await expect.poll(() => begun).toEqual(paths.slice(0, index + 1));
    await sleep(20);
    expect(begun).toHaveLength(index + 1);
    answers[index]?.();
  }
  await expect.poll(() => read.match(/\/\d$|\/\d(?=HTTP)/g)).toEqual(paths);
  socket.destroy();
});

test('a client that sends requests endlessly without waiting for responses is disconnected', async () => {
  let begun = 0;
  const port = await serve(() => {
    begun += 1;
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(200));
  await once(socket, 'close');
  expect(begun).toBe(1);
});

test('a slow response does not count as one that is not read', async () => {
  const port = await serve((_request, response) => {
    setTimeout(() => response.end('late'), 3 * LIMITS.stalledMs);
  });
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('late');
});

test('a connection may be reused, but is closed if it stays idle', async () => {
  const port = await serve();
  const socket = connect(port, '127.0.0.1');
  const ask = async () => {
    socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
    const [chunk]: unknown[] = await once(socket, 'data');
    return String(chunk).split('\r\n')[0];
  };
  expect(await ask()).toBe('HTTP/1.1 200 OK');
  expect(await ask()).toBe('HTTP/1.1 200 OK');
  const since = performance.now();
  await once(socket, 'close');
  expect(performance.now() - since).toBeLessThan(LIMITS.idleMs + 2_500);
});

test('line feeds between requests do not keep an idle connection open', async () => {
  const port = await serve();
  const request = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
  const after = await cutAfter(port, (socket) => dripAfter(socket, request, '\r\n'));
  expect(Math.min(...after)).toBeGreaterThan(LIMITS.idleMs);
  expect(Math.max(...after)).toBeLessThan(LIMITS.idleMs + 2_500);
});

test('an operation that takes longer than an idle connection is kept is answered', async () => {
  const port = await serve((_request, response) => {
    setTimeout(() => response.end('late'), LIMITS.idleMs + 1_500);
  });
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('late');
});

test('a WebSocket on which nothing is sent is not closed as an idle connection', async () => {
  const port = await serve();
  server?.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  await once(socket, 'data');
  await sleep(LIMITS.idleMs + 1_500);
  expect(socket.readyState).toBe('open');
  socket.destroy();
});
