import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageAt } from '../fixtures/docs/documents.ts';
import { CREATE } from '../fixtures/graphql/documents.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { EVENTS } from '../fixtures/http/sse.ts';
import { openSocket } from '../fixtures/http/websocket.ts';
import { at } from '../fixtures/json.ts';
import { startServer } from '../fixtures/process/server-process.ts';

const SECRET = 'x'.repeat(43);
const KEY = `Bearer all.${SECRET}`;
const SCOPES = ['orders:create', 'orders:read', 'orders:any', 'events:read', 'metrics:read'];
const BODY = '{"query":"{ __typename }"}';
const STARTS = 100;

/** Where Debian's package of that name puts it. */
const programOf = (command: string) => `/usr/sbin/${command}`;
const HAS_NGINX = existsSync(programOf('nginx'));
const HAS_HAPROXY = existsSync(programOf('haproxy'));
/** A machine without one of the proxies tests the others. */
const WAYS = [
  'no proxy',
  ...(HAS_NGINX ? ['nginx', 'plain nginx'] : []),
  ...(HAS_HAPROXY ? ['HAProxy'] : []),
];

let server: Awaited<ReturnType<typeof startServer>>;
const folder = mkdtempSync(join(tmpdir(), 'proxies-'));
const children: ChildProcess[] = [];
const ports = new Map<string, number>();

beforeAll(async () => {
  const keys = join(folder, 'keys.json');
  const entry = { client: 'shop', sha256: hash('sha256', SECRET), scopes: SCOPES };
  writeFileSync(keys, JSON.stringify({ all: entry }));
  server = await startServer(undefined, { API_KEYS_FILE: keys });
  ports.set('no proxy', Number(new URL(server.url).port));
  const [full = '', plain = ''] = codes('nginx');
  const [haproxy = ''] = codes('haproxy');
  await Promise.all([
    HAS_NGINX && startNginx('nginx', full),
    HAS_NGINX && startNginx('plain nginx', plain),
    HAS_HAPROXY && startHaproxy(haproxy),
  ]);
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.exited;
  for (const child of children) {
    child.kill('SIGTERM');
  }
  rmSync(folder, { recursive: true });
});

function codes(language: string): readonly string[] {
  return pageAt('docs/guides/reverse-proxies.md')
    .snippets.filter((snippet) => snippet.language === language)
    .map(({ code }) => code);
}

/** The configuration of the page, but for its ports and its certificate. */
function onPort(code: string, port: number): string {
  return code
    .replace(/listen (443 ssl|80);/, `listen 127.0.0.1:${port};`)
    .replace(/bind :443.*/, `bind 127.0.0.1:${port}`)
    .replace(/^ *ssl_certificate.*\n/gm, '')
    .replaceAll('127.0.0.1:4000', new URL(server.url).host);
}

async function startNginx(name: string, code: string): Promise<void> {
  const port = await freePort();
  const own = mkdtempSync(join(folder, 'nginx-'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${own}/${kind};`)
    .join(' ');
  const file = join(own, 'nginx.conf');
  writeFileSync(
    file,
    // Its workers have to write beside it.
    `user root; daemon off; pid ${own}/pid; error_log ${own}/error.log; events {} http { access_log off; ${paths}\n${onPort(code, port)}\n}`,
  );
  await started(name, port, 'nginx', ['-c', file, '-e', join(own, 'error.log')]);
}

async function startHaproxy(code: string): Promise<void> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, `${onPort(code, port)}\n`);
  await started('HAProxy', port, 'haproxy', ['-db', '-f', file]);
}

async function started(name: string, port: number, command: string, args: readonly string[]) {
  children.push(spawn(programOf(command), args, { stdio: 'ignore' }));
  ports.set(name, port);
  for (let left = STARTS; left > 0; left -= 1) {
    const status = await send(name, ['POST /graphql HTTP/1.1', 'Host: x']).then(statusOf, () => 0);
    if (status === 401) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`${name} did not start.`);
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Sends exactly these lines, and returns all that comes back until the end or for two seconds. */
async function send(name: string, head: readonly string[], body = BODY): Promise<string> {
  const socket = connect(ports.get(name) ?? 0, '127.0.0.1');
  const lines = [...head, `Content-Length: ${Buffer.byteLength(body)}`];
  if (!head.some((line) => line.startsWith('Connection:'))) {
    lines.push('Connection: close');
  }
  socket.setTimeout(2_000, () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    // An upgraded connection stays open, and a proxy keeps one that was refused.
    if (/^HTTP\/1\.1 (101|401|403)/.test(String(chunk))) {
      socket.destroy();
    }
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

const statusOf = (answer: string) => Number(answer.split(' ')[1]);
const json = ['Content-Type: application/json', `Authorization: ${KEY}`];

const HOSTS = [
  ...['pay.example.com', 'pay.example.com:443', '[::1]', 'x/graphql?', 'x/graphql#', '/graphql?'],
  ...['user@pay.example.com', 'a b', '[::1', 'x%2fgraphql', 'x\\graphql?', '', '-', 'ü'],
];
const TARGETS = [
  ...['/wechat/notify', '/wechat/notify/../../graphql', '/wechat/notify/..%2f..%2fgraphql'],
  ...['/wechat/notify/%2e%2e/%2e%2e/graphql', '/wechat/notify\\..\\..\\graphql', '//graphql'],
  ...['/%67raphql', '/graphql;a', '/graphql%2f', '/wechat/notify?/../../graphql', '/GRAPHQL'],
  ...['/wechat/notify#/graphql', '/metrics', '/graphql/../metrics', '/graphql/..%2fmetrics'],
  ...['/wechat/notify/%2e%2e/%2e%2e/metrics', '//metrics', '/%6detrics', '/graphql/..;/metrics'],
  ...['http://pay.example.com/metrics', 'http://x/graphql', '*', 'graphql', '?/graphql', '/'],
];
const WHOLE = /^http:.*\/metrics$/;
const UPGRADES = ['h2c', 'h2c, websocket', 'TLS/1.2', 'foo', 'WebSocket/13'];

/** What no answer may be, whatever is sent. */
function expectHarmless(answer: string, what: string): void {
  expect(answer, what).not.toBe('');
  expect(statusOf(answer), `${what}: ${answer.slice(0, 300)}`).toBeLessThan(500);
  expect(answer, what).not.toMatch(/\.[cm]?[jt]s:\d+|node_modules| at \w+ \(/);
}

test.skipIf(!HAS_NGINX || !HAS_HAPROXY)('both proxies are installed', () => {
  expect(WAYS).toHaveLength(4);
});

describe.each(WAYS)('behind %s', (name) => {
  test.each(HOSTS)('the Host %j never moves a request to another path', async (host) => {
    for (const path of ['/wechat/notify', '/nowhere']) {
      const answer = await send(name, [`POST ${path} HTTP/1.1`, `Host: ${host}`, ...json]);
      expectHarmless(answer, path);
      expect(answer).not.toContain('__typename');
    }
    const own = await send(name, ['POST /graphql HTTP/1.1', `Host: ${host}`, ...json]);
    expectHarmless(own, '/graphql');
  });

  test.each(TARGETS)('the target %s reaches neither GraphQL nor the metrics', async (target) => {
    // These two let every path through, and proxies read a whole URL as its path.
    const isOpen = name === 'no proxy' || name === 'plain nginx';
    const isMetrics = target === '/metrics' || (WHOLE.test(target) && name === 'plain nginx');
    for (const method of ['POST', 'GET']) {
      const head = [`${method} ${target} HTTP/1.1`, 'Host: pay.example.com', ...json];
      const answer = await send(name, head, method === 'GET' ? '' : BODY);
      expectHarmless(answer, method);
      if (name === 'no proxy' || target !== 'http://x/graphql') {
        expect(answer, method).not.toContain('"__typename":"Query"');
      }
      if (!(isOpen && isMetrics)) {
        expect(answer, method).not.toContain('payafter_');
      }
    }
  });

  test.each(UPGRADES)('an upgrade to %s is ignored', async (protocol) => {
    const head = ['POST /graphql HTTP/1.1', 'Host: pay.example.com', ...json];
    const upgrade = [`Upgrade: ${protocol}`, 'Connection: close, Upgrade'];
    const answer = await send(name, [...head, ...upgrade]);
    expect(statusOf(answer), answer.slice(0, 200)).toBe(200);
    expect(answer).toContain('"__typename":"Query"');
  });

  test.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['http://pay.example.com.evil.example', 403],
  ])('a WebSocket of the origin %s is refused', async (origin, status) => {
    if (name === 'plain nginx') {
      return;
    }
    const answer = await send(name, webSocket(`Origin: ${origin}`), '');
    expect(statusOf(answer)).toBe(status);
  });

  test('a WebSocket of this origin is opened', async () => {
    if (name === 'plain nginx') {
      return;
    }
    const answer = await send(name, webSocket('Origin: https://pay.example.com'), '');
    expect(statusOf(answer)).toBe(101);
    const { socket } = await openSocket(
      `ws://127.0.0.1:${ports.get(name)}/graphql`,
      {},
      {
        authorization: KEY,
      },
    );
    socket.close();
  });

  test('events come over SSE as they happen', async () => {
    const url = `http://127.0.0.1:${ports.get(name)}/graphql`;
    const headers = { 'content-type': 'application/json', authorization: KEY };
    const leaving = new AbortController();
    const stream = await fetch(url, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream' },
      body: JSON.stringify({ query: EVENTS }),
      signal: leaving.signal,
    });
    expect(stream.headers.get('content-encoding')).toBeNull();
    const input = orderInput();
    await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: CREATE, variables: { input } }),
    });
    let text = '';
    const reader = stream.body?.getReader();
    const late = setTimeout(() => leaving.abort(), 5_000);
    while (!text.includes(String(input['outOrderNo']))) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) {
        throw new Error(`The stream has ended after: ${text}`);
      }
      text += Buffer.from(value ?? []).toString();
    }
    clearTimeout(late);
    leaving.abort();
  });

  test('a body that is longer than allowed is refused, not lost', async () => {
    const head = ['POST /graphql HTTP/1.1', 'Host: pay.example.com', ...json];
    expect(statusOf(await send(name, head, ' '.repeat(200_000)))).toBe(413);
    const unsigned = ['POST /wechat/notify HTTP/1.1', 'Host: pay.example.com'];
    expect([401, 413]).toContain(statusOf(await send(name, unsigned, ' '.repeat(200_000))));
  });
});

test('the server has logged no error meanwhile', () => {
  const levels = server.lines().map((line) => at(line, 'level'));
  expect(levels).not.toContain('error');
  expect(server.stderr()).toBe('');
});

function webSocket(origin: string): readonly string[] {
  return [
    'GET /graphql HTTP/1.1',
    'Host: pay.example.com',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    origin,
  ];
}
