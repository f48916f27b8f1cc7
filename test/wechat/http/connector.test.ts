import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, type TlsIdentity } from '../../../reliability/support/authority.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import type { Environment } from '../../../src/config/environment-reader.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import {
  type BreakerState,
  OrderOutcomeUnknownError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { startIssuer } from '../../fixtures/app/callers.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { startForwardProxy, startTlsFront } from '../../fixtures/http/forward-proxy.ts';
import { readAll, serve } from '../../fixtures/http/http-server.ts';
import { serveTcp, serveTls } from '../../fixtures/http/tls-server.ts';
import { at } from '../../fixtures/json.ts';
import { merchantEnv } from '../../fixtures/process/environment.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';
import {
  clientOf,
  ownAnswer,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
let directory: string;
let trusted: TlsIdentity;
let untrusted: TlsIdentity;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connecting-'));
  const { file, identities } = await makeAuthority(directory);
  trusted = identities.good;
  untrusted = identities['unknown-authority'];
  setDefaultCACertificates([...getCACertificates(), await readFile(file, 'utf8')]);
});
afterAll(() => rm(directory, { recursive: true }));

const FAILED_HANDSHAKES: readonly [string, (socket: Socket) => void][] = [
  ['resets the connection when it is accepted', (socket) => socket.resetAndDestroy()],
  [
    'resets the connection after the ClientHello',
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
  ],
  [
    'closes the connection after the ClientHello',
    (socket) => socket.once('data', () => socket.end()),
  ],
  ['does not speak TLS', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
];

describe.each(FAILED_HANDSHAKES)('a server that %s', (_, handle) => {
  test('if the handshake fails, a create is unavailable after three attempts, and so is a query', async () => {
    await using server = await serveTcp(handle);
    const wechat = clientOf(server.url, merchant, wechatKey, { timeoutMs: 6_000 });
    const create = await failureOf(wechat.createPayAfterOrder(anOrder()));
    expect(create).toBeInstanceOf(WechatUnavailableError);
    expect(create).toMatchObject({ status: null, code: null, requestId: null });
    expect(server.connections()).toBe(3);
    const query = await failureOf(wechat.queryPayAfterOrder(anOrder()));
    expect(query).toBeInstanceOf(WechatUnavailableError);
    expect(server.connections()).toBe(6);
    await wechat.close();
  });

  test('if the handshake fails, the third attempt of a create goes to the backup, and no circuit breaker opens', async () => {
    const states: BreakerState[] = [];
    await using server = await serveTcp(handle);
    await using backup = await startSdkUpstream(merchant.publicPem, signers, (seen) => ({
      body: ownAnswer(seen),
    }));
    const wechat = clientOf(server.url, merchant, wechatKey, {
      backupUrl: backup.url,
      timeoutMs: 6_000,
      onBreaker: (state) => states.push(state),
    });
    const order = anOrder();
    const { outOrderNo } = order;
    await expect(wechat.createPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
    await expect(wechat.queryPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
    expect([server.connections(), backup.seen.length]).toEqual([2, 2]);
    expect(states).toEqual([]);
    await wechat.close();
  });
});

describe('a host to which no connection succeeds, with several calls that begin together', () => {
  // Attempts of half a second, of 1.2 s and of 1.5 s.
  test.each([1_500, 3_600, 4_400])(
    'if nothing was sent within %i ms, each call is unavailable, and none has an unknown outcome',
    async (timeoutMs) => {
      await using server = await serveTcp(() => {});
      const wechat = clientOf(server.url, merchant, wechatKey, { timeoutMs });
      const errors = await Promise.all(
        [1, 2, 3].map(() => failureOf(wechat.createPayAfterOrder(anOrder()))),
      );
      expect(errors.map((error) => at(error, 'name'))).toEqual(
        errors.map(() => 'WechatUnavailableError'),
      );
      await wechat.close();
    },
  );

  test('if nothing was sent, the calls go to the backup', async () => {
    await using server = await serveTcp(() => {});
    await using backup = await startSdkUpstream(merchant.publicPem, signers, (seen) => ({
      body: ownAnswer(seen),
    }));
    const wechat = clientOf(server.url, merchant, wechatKey, {
      backupUrl: backup.url,
      timeoutMs: 3_600,
    });
    const orders = [anOrder(), anOrder(), anOrder()];
    const created = await Promise.all(orders.map((order) => wechat.createPayAfterOrder(order)));
    expect(created.map(({ outOrderNo }) => outOrderNo)).toEqual(
      orders.map(({ outOrderNo }) => outOrderNo),
    );
    await wechat.close();
  });
});

test('HTTP/2 is not offered, also to a server that prefers it', async () => {
  const spoken: unknown[] = [];
  const server = createSecureServer({ ...trusted, allowHTTP1: true }, (_, response) => {
    response.writeHead(500).end();
  });
  server.on('secureConnection', ({ alpnProtocol }) => spoken.push(alpnProtocol));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wechat = clientOf(`https://127.0.0.1:${at(server.address(), 'port')}`, merchant, wechatKey);
  await failureOf(wechat.queryPayAfterOrder(anOrder()));
  expect(spoken.length).toBeGreaterThan(0);
  expect(spoken).not.toContain('h2');
  await wechat.close();
  server.close();
});

test('a server whose certificate is not trusted has accepted nothing', async () => {
  await using server = await serveTls(untrusted, (socket) => socket.resetAndDestroy());
  const wechat = clientOf(server.url, merchant, wechatKey, { timeoutMs: 6_000 });
  const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
  expect(error).toBeInstanceOf(WechatUnavailableError);
  await wechat.close();
});

test('a TLS connection that is reset after the request leaves the outcome of a create unknown', async () => {
  await using server = await serveTls(trusted, (socket) => socket.resetAndDestroy());
  const wechat = clientOf(server.url, merchant, wechatKey, { timeoutMs: 6_000 });
  const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
  expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(error).toMatchObject({ reason: 'CONNECTION' });
  await wechat.close();
});

describe('with a forward proxy', () => {
  const upstreamOf = () =>
    startSdkUpstream(merchant.publicPem, signers, (seen) => ({ body: ownAnswer(seen) }));

  test('with a forward proxy, calls go through CONNECT with its user, and are signed as without it', async () => {
    await using proxy = await startForwardProxy();
    await using upstream = await upstreamOf();
    await using front = await startTlsFront(trusted, upstream.url);
    const authority = proxy.url.replace('//', '//user:p%40ss@');
    const wechat = clientOf(front.url, merchant, wechatKey, { proxyFor: () => authority });
    const order = anOrder();
    const { outOrderNo } = order;
    await expect(wechat.createPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
    await expect(wechat.queryPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
    expect(upstream.seen.map(({ verified }) => verified)).toEqual([true, true]);
    const host = new URL(front.url).host;
    const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(proxy.connects).toEqual([[host, basic]]);
    await wechat.close();
  });

  test('if the tunnel comes late and its host is silent, nothing was sent, and no outcome is unknown', async () => {
    await using proxy = await startForwardProxy(200, 500);
    await using server = await serveTcp(() => {});
    const options = { proxyFor: () => proxy.url, timeoutMs: 3_600 };
    const wechat = clientOf(server.url, merchant, wechatKey, options);
    const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
    expect(at(error, 'name')).toBe('WechatUnavailableError');
    await wechat.close();
  });

  test('a host that is excepted, and plain http, are called without the forward proxy', async () => {
    await using proxy = await startForwardProxy();
    await using upstream = await upstreamOf();
    await using front = await startTlsFront(trusted, upstream.url);
    for (const [url, except] of [
      [front.url, '127.0.0.1'],
      [upstream.url, ''],
    ] as const) {
      const env = merchantEnv({ HTTPS_PROXY: proxy.url, NO_PROXY: except, WECHAT_BASE_URL: url });
      const { proxyFor } = optionsOf(env);
      const wechat = clientOf(url, merchant, wechatKey, { proxyFor });
      await expect(wechat.queryPayAfterOrder(anOrder())).resolves.toBeDefined();
      await wechat.close();
    }
    expect(proxy.connects).toEqual([]);
  });

  test.each([
    ['refuses CONNECT', 407, 'The forward proxy of HTTPS_PROXY refused CONNECT (407).'],
    ['does not reach the host', 502, 'The forward proxy of HTTPS_PROXY refused CONNECT (502).'],
  ])('if a forward proxy %s, nothing was sent', async (_, status, message) => {
    await using proxy = await startForwardProxy(status);
    const wechat = clientOf('https://127.0.0.1:9', merchant, wechatKey, {
      proxyFor: () => proxy.url,
      timeoutMs: 2_000,
    });
    const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
    expect(error).toBeInstanceOf(WechatUnavailableError);
    expect(messagesOf(error)).toContain(message);
    await wechat.close();
  });

  test('if a forward proxy cannot be reached, nothing was sent', async () => {
    const proxyFor = () => 'http://127.0.0.1:9';
    const changes = { proxyFor, timeoutMs: 2_000 };
    const wechat = clientOf('https://127.0.0.1:8', merchant, wechatKey, changes);
    const error = await failureOf(wechat.createPayAfterOrder(anOrder()));
    expect(error).toBeInstanceOf(WechatUnavailableError);
    await wechat.close();
  });

  test('with a forward proxy, the keys of tokens are fetched through it', async () => {
    await using proxy = await startForwardProxy();
    const issuer = await startIssuer();
    await using front = await startTlsFront(trusted, new URL(issuer.options.jwksUrl).origin);
    const options = { ...issuer.options, jwksUrl: `${front.url}/keys`, proxy: proxy.url };
    const tokens = createTokens(options, collectLog().log);
    expect(await tokens.verify(await issuer.token({ openid: 'o1' }))).toMatchObject({
      openid: 'o1',
    });
    expect(proxy.connects).toHaveLength(1);
    await issuer.close();
  });
});

test('a path of the base URL is sent before the target, and not signed', async () => {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, (seen) => ({
    body: ownAnswer(seen),
  }));
  await using gateway = await serve(async (request, response) => {
    const { url = '', method = '', headers } = request;
    const body = await readAll(request);
    const [, target = 'none'] = /^\/pay\/wechat(\/.*)$/.exec(url) ?? [];
    const answer = await fetch(upstream.url + target, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      ...(method === 'POST' && { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
  const wechat = clientOf(`${gateway.url}/pay/wechat/`, merchant, wechatKey);
  const order = anOrder();
  const { outOrderNo } = order;
  await expect(wechat.createPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
  await expect(wechat.queryPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo });
  expect(upstream.seen.map(({ verified }) => verified)).toEqual([true, true]);
  expect(gateway.requests()).toBe(2);
  await wechat.close();
});

function optionsOf(env: Environment) {
  const { upstream } = loadConfig(env);
  if (upstream.kind !== 'merchant') {
    throw new Error('These are the variables of a merchant.');
  }
  return upstream.options;
}

function messagesOf(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...messagesOf(error.cause)] : [];
}
