import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadConfig } from '../../src/config/load-config.ts';
import { createRequestIds, loggedOrigin, originRule } from '../../src/http/request-headers.ts';
import { type RunningServer, start } from '../../src/start.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';
import { problemsOf } from '../fixtures/process/environment.ts';

const WEAPP = 'weapp://wechat-app-runtime';
const log = collectLog();
let server: RunningServer;
beforeAll(async () => {
  server = await start({
    env: {
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      SANDBOX_PORT: '0',
      CORS_ORIGINS: WEAPP,
    },
    log: log.log,
    requests: createRequestIds(),
  });
});
afterAll(() => server.close(5_000));

/** The status of a WebSocket handshake of a page, 101 if it is accepted. */
async function handshake(origin: string): Promise<unknown> {
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers: { origin } });
  socket.on('error', () => {});
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, response]) => at(response, 'statusCode')),
  ]);
  socket.terminate();
  return status;
}

/** The origin that may read the response of a call with preflight; null if none may. */
async function preflight(origin: string) {
  const headers = { origin, 'access-control-request-method': 'POST' };
  const response = await fetch(`${server.url}/graphql`, { method: 'OPTIONS', headers });
  expect(response.status).toBe(204);
  return response.headers.get('access-control-allow-origin');
}

test.each(['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8080', WEAPP])(
  'with the embedded sandbox a page of %s may call and connect',
  async (origin) => {
    expect(await preflight(origin)).toBe(origin);
    expect(await handshake(origin)).toBe(101);
  },
);

test('a page of any other origin is refused, and the log has its origin', async () => {
  const origin = 'https://localhost.evil.example';
  expect(await preflight(origin)).toBeNull();
  expect(await handshake(origin)).toBe(403);
  const message = 'page refused: its origin is not in CORS_ORIGINS';
  const lines = log.entries().filter((line) => at(line, 'msg') === message);
  // The second one of a minute is counted.
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', origin })]);
});

test('a page of this server is never reported as refused', async () => {
  log.clear();
  const headers = { origin: server.url, accept: 'application/json' };
  await fetch(`${server.url}/graphql?query={__typename}`, { headers });
  expect(await handshake(server.url)).toBe(101);
  expect(log.text()).toBe('');
});

test('without the sandbox only the listed origins may call', () => {
  const allows = originRule({ origins: ['https://shop.example.com', WEAPP], localhost: false });
  const origins = ['https://shop.example.com', WEAPP, 'http://localhost:5173', 'weapp://other', ''];
  expect(origins.map(allows)).toEqual([true, true, false, false, false]);
});

test.each([
  'https://localhost.evil.example',
  'http://localhost:5173.evil.example',
  'http://127.0.0.1.evil.example',
  'http://localhost:5173/',
  'null',
  '',
])('%j is no page of this machine', (origin) => {
  expect(originRule({ origins: [], localhost: true })(origin)).toBe(false);
});

test('CORS_ORIGINS may list origins of apps', () => {
  const CORS_ORIGINS = `${WEAPP}, weapp://wx1234567890abcdef, capacitor://localhost`;
  expect(loadConfig({ CORS_ORIGINS }).corsOrigins).toEqual([
    WEAPP,
    'weapp://wx1234567890abcdef',
    'capacitor://localhost',
  ]);
});

test.each(['weapp:wx1', 'weapp://', 'weapp://wx1/page', 'weapp://wx1?x', 'file://x', 'null'])(
  'CORS_ORIGINS must not list %s',
  (CORS_ORIGINS) => {
    expect(problemsOf({ CORS_ORIGINS })).toEqual([
      expect.stringMatching(/^CORS_ORIGINS contains an invalid origin; expected e\.g\. /),
    ]);
  },
);

test.each([
  ['https://evil.example:8443', 'https://evil.example:8443'],
  [WEAPP, WEAPP],
  ['null', 'invalid'],
  [`https://${'x'.repeat(300)}`, 'invalid'],
  ['https://张三.example', 'invalid'],
  ['https://a.example/?phone=13800138000', 'invalid'],
])('the origin %s is logged as %s', (origin, logged) => {
  expect(loggedOrigin(origin)).toBe(logged);
});
