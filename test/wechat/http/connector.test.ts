import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, type TlsIdentity } from '../../../reliability/support/authority.ts';
import {
  type BreakerState,
  OrderOutcomeUnknownError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { serveTcp, serveTls } from '../../fixtures/http/tls-server.ts';
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
