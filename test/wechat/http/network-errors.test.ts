import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  OrderOutcomeUnknownError,
  type WechatPayOptions,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../../src/wechat/index.ts';
import { DEFAULT_RESILIENCE } from '../../../src/wechat/options.ts';
import { closedPort, serve } from '../../fixtures/http/http-server.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder } from '../../fixtures/wechat/orders.ts';
import { failureOf, TWO_ATTEMPTS_MS } from '../../fixtures/wechat/sandbox-client.ts';
import { clientOf } from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
/** Room for what fails by itself to fail, on a busy machine too. */
const AMPLE_MS = 6_000;

const connect = (url: string, options: Partial<WechatPayOptions> = {}) =>
  clientOf(url, merchant, wechatKey, { timeoutMs: AMPLE_MS, ...options });

/** What a create and a query are rejected with. */
async function failures(url: string, timeoutMs = AMPLE_MS) {
  const wechat = connect(url, { timeoutMs });
  const [create, query] = await Promise.all([
    failureOf(wechat.createPayAfterOrder(anOrder())),
    failureOf(wechat.queryPayAfterOrder(anOrder())),
  ]);
  return { create, query };
}

test.concurrent('a port where nothing listens is unavailable for a create too: no byte was sent', async () => {
  const { create, query } = await failures(await closedPort());
  expect(create).toBeInstanceOf(WechatUnavailableError);
  expect(query).toBeInstanceOf(WechatUnavailableError);
  expect(create).toMatchObject({ status: null, code: null, requestId: null });
});

test.concurrent('a name that does not resolve is unavailable', async () => {
  const wechat = connect('https://wechat.invalid');
  const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
  expect(error).toBeInstanceOf(WechatUnavailableError);
});

test.concurrent.each<[string, RequestListener]>([
  ['that says nothing', () => {}],
  [
    'that says the head and no body',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.flushHeaders();
    },
  ],
  [
    'that drips',
    (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    },
  ],
])('a server %s is a time-out', async (_, handler) => {
  await using server = await serve(handler);
  const { create, query } = await failures(server.url, TWO_ATTEMPTS_MS);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason: 'TIMEOUT' });
  expect(query).toBeInstanceOf(WechatUnavailableError);
});

test.concurrent.each<[string, RequestListener]>([
  ['that disconnects', (request) => request.socket.destroy()],
  ['that resets the connection', (request) => request.socket.resetAndDestroy()],
  ['that does not speak HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
  [
    'that disconnects amid the body',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"out_order', () => response.destroy());
    },
  ],
  ['whose answer has no end', (_, response) => response.end('x'.repeat(1024 * 1024 + 1))],
])('a server %s breaks the connection', async (_, handler) => {
  await using server = await serve(handler);
  const { create, query } = await failures(server.url);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason: 'CONNECTION' });
  expect(query).toBeInstanceOf(WechatUnavailableError);
});

test.concurrent.each<[string, RequestListener]>([
  ['a page', (_, response) => response.end('<html>Welcome</html>')],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ['a page of 404', (_, response) => response.writeHead(404).end('<html>404</html>')],
  ['JSON of its own', (_, response) => response.end('{"out_order_no":"A1","state":"CREATED"}')],
])('a server that answers %s is untrusted', async (_, handler) => {
  await using server = await serve(handler);
  const { create, query } = await failures(server.url);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason: 'UNTRUSTED_ANSWER' });
  expect(query).toBeInstanceOf(WechatUntrustedError);
  expect(server.bytes().includes('/elsewhere')).toBe(false);
});

describe('the budget', () => {
  test.concurrent.each([1_200, 1_800])(
    'the budget of %d ms is kept with a silent server',
    async (timeoutMs) => {
      await using server = await serve(() => {});
      const wechat = connect(server.url, { timeoutMs });
      const start = performance.now();
      const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
      // Each attempt takes a third: three whole budgets would be too long by far.
      expect(performance.now() - start).toBeLessThan(2 * timeoutMs);
      expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
      expect(server.requests()).toBeGreaterThan(0);
      expect(server.requests()).toBeLessThanOrEqual(3);
    },
  );

  test.concurrent('a call ends with the third attempt, however much of the budget is left', async () => {
    await using server = await serve((_, response) => response.writeHead(500).end());
    const wechat = connect(server.url, { timeoutMs: 8_000, resilience: DEFAULT_RESILIENCE });
    const start = performance.now();
    await failureOf(wechat.queryPayAfterOrder(anOrder()));
    const took = performance.now() - start;
    expect(server.requests()).toBe(3);
    expect(took).toBeGreaterThan(590);
    expect(took).toBeLessThan(5_000);
  });
});

// Eight seconds of waiting: SLOW_TESTS=1 turns it on.
test.runIf(process.env['SLOW_TESTS'] === '1')(
  'an idle connection is closed before 8 s',
  async () => {
    let closedAfter = Number.POSITIVE_INFINITY;
    await using server = await serve((request, response) => {
      request.socket.setTimeout(0);
      const start = performance.now();
      request.socket.once('close', () => {
        closedAfter = performance.now() - start;
      });
      response.writeHead(403, { 'keep-alive': 'timeout=60' }).end('{"code":"NO_AUTH"}');
    });
    await failureOf(connect(server.url).queryPayAfterOrder(anOrder()));
    await sleep(8_000);
    expect(closedAfter).toBeLessThan(8_000);
  },
);
