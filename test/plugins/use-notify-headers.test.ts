import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { type Port, serve } from '../fixtures/http/port.ts';
import { at } from '../fixtures/json.ts';
import {
  NOW_SECONDS,
  notificationBody,
  notificationOptions,
  post,
  signedHeaders,
} from '../fixtures/wechat/sdk-notification.ts';

let clientFixture: AppWithClient;
let port: Port;
const metrics = createMetrics({ ofProcess: false });
beforeAll(async () => {
  clientFixture = await createAppWithClient({
    wechat: notificationOptions(),
    resources: { metrics },
  });
  port = await serve(clientFixture);
});
afterAll(async () => {
  await port.stop();
  await clientFixture.close();
});
beforeEach(() => clientFixture.log.clear());

const body = notificationBody();
const signed = signedHeaders(body);
type Headers = Readonly<Record<string, string>>;
const without = (name: string): Headers => {
  const { [`Wechatpay-${name}`]: _left, ...rest } = signed;
  return rest;
};

/** Begins a notification; its body comes later, if at all. */
function begin(headers: Headers, length: number) {
  const request = httpRequest(`${port.url}/wechat/notify`, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': length },
  });
  request.on('error', () => {});
  request.flushHeaders();
  return request;
}

const headOf = (headers: Headers) =>
  `POST /wechat/notify HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map((pair) => pair.join(': '))
    .join('\r\n')}\r\n\r\n`;

/** A connection on which these bytes are sent, and nothing more. */
function open(bytes: string) {
  const socket = connect(Number(new URL(port.url).port), '127.0.0.1');
  socket.on('error', () => {}).write(bytes);
  return socket;
}

const lines = (message: string) =>
  clientFixture.log.entries().filter((entry) => String(at(entry, 'msg')).includes(message));
const counted = async (outcome: string) => {
  const shown = await metrics.show();
  return Number(new RegExp(`notices_total{outcome="${outcome}"} (\\d+)`).exec(shown)?.[1] ?? 0);
};

describe('a notification is refused before its body has come', () => {
  test.each<[string, Headers]>([
    ['without Wechatpay-Timestamp', without('Timestamp')],
    ['without Wechatpay-Nonce', without('Nonce')],
    ['without Wechatpay-Signature', without('Signature')],
    ['without Wechatpay-Serial', without('Serial')],
    ['dated 301 s ago', signedHeaders(body, { timestamp: NOW_SECONDS - 301 })],
    ['under an unknown serial', signedHeaders(body, { serial: 'PUB_KEY_ID_1' })],
    ['without any header of WeChat Pay', {}],
  ])('a notification %s is refused before its body has come', async (_what, headers) => {
    const request = begin(headers, 60_000);
    const [response] = await once(request, 'response');
    expect(at(response, 'statusCode')).toBe(401);
    expect(at(response, 'headers', 'connection')).toBe('close');
    request.destroy();
  });
});

test('a body that is cut off is the fault of its sender, not of the database', async () => {
  const before = await counted('cut-off');
  const socket = open(`${headOf({ ...signed, 'content-length': '60000' })}{`);
  port.server.once('request', () => setTimeout(() => socket.destroy(), 50));
  // At the latest when WeChat Pay would no longer wait.
  await expect.poll(() => counted('cut-off'), { timeout: 8_000 }).toBe(before + 1);
  expect(lines('its body was not read')).toMatchObject([{ level: 'warn', why: 'cut-off' }]);
  expect(clientFixture.log.text()).not.toContain('storing a webhook failed');
  expect(await counted('not-stored')).toBe(0);
});

test('bodies of all senders together are bounded, and are released with their connections', async () => {
  const most = 8 * 1024 * 1024;
  const part = 63 * 1024;
  const before = await counted('too-many');
  const message = headOf({ ...signed, 'content-length': String(part + 1) }) + ' '.repeat(part);
  const slow = Array.from({ length: Math.ceil(most / part) + 20 }, () => open(message));
  await expect.poll(() => counted('too-many'), { timeout: 8_000 }).toBeGreaterThan(before);
  for (const socket of slow) {
    socket.destroy();
  }
  await expect.poll(async () => (await post(clientFixture, body, signed)).status).toBe(200);
});

describe('a refusal says what to look at', () => {
  const SERIAL = String(signed['Wechatpay-Serial']);

  test.each<[string, Headers, object]>([
    ['the missing header', without('Nonce'), { why: 'unsigned', missing: 'Wechatpay-Nonce' }],
    [
      'the clock offset',
      signedHeaders(body, { timestamp: NOW_SECONDS - 400 }),
      { why: 'outside-window', offBySeconds: 400, serial: SERIAL },
    ],
    [
      'the unknown key',
      signedHeaders(body, { serial: 'PUB_KEY_ID_1' }),
      { why: 'unknown-serial', serial: 'PUB_KEY_ID_1' },
    ],
    [
      'the key of a wrong signature',
      { ...signed, 'Wechatpay-Nonce': 'x' },
      { why: 'wrong-signature', serial: SERIAL },
    ],
    [
      'a timestamp that is none',
      { ...signed, 'Wechatpay-Timestamp': 'today' },
      { why: 'unreadable-header', header: 'Wechatpay-Timestamp' },
    ],
    [
      'a header that came twice with two values',
      { ...signed, 'Wechatpay-Serial': `${SERIAL}, 1` },
      { why: 'unreadable-header', header: 'Wechatpay-Serial' },
    ],
  ])('a refusal names %s', async (_what, headers, expected) => {
    const fresh = await createAppWithClient({ wechat: notificationOptions() });
    expect((await post(fresh, body, headers)).status).toBe(401);
    expect(fresh.log.entries()).toMatchObject([{ level: 'warn', ...expected }]);
    await fresh.close();
  });

  test('a serial number of another form is not logged', async () => {
    await post(clientFixture, body, { ...signed, 'Wechatpay-Serial': 'Zhang San' });
    expect(clientFixture.log.text()).not.toContain('Zhang');
  });
});

test('a sender that stops in the middle is not waited for, not even when the server closes', async () => {
  const fresh = await createAppWithClient({ wechat: notificationOptions() });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stopped = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from('{')),
  });
  const init = { method: 'POST', headers: signed, body: stopped, duplex: 'half' };
  const answer = fresh.app.fetch(new Request('http://app/wechat/notify', init));
  await vi.advanceTimersByTimeAsync(4_500);
  vi.useRealTimers();
  expect((await answer).status).toBe(408);
  await fresh.close();
});

test('a header that a gateway sends twice with the same value is one value', async () => {
  const twice = Object.fromEntries(
    Object.entries(signed).map(([name, value]) => [
      name,
      name.startsWith('Wechatpay-') ? `${value}, ${value}` : value,
    ]),
  );
  expect((await post(clientFixture, body, twice)).status).toBe(200);
});

test('a notification with another algorithm is not reported as a wrong key', async () => {
  const other = body.replace('AEAD_AES_256_GCM', 'AEAD_SM4_GCM');
  expect((await post(clientFixture, other, signedHeaders(other))).status).toBe(500);
  expect(lines('webhook decryption failed')).toMatchObject([{ why: 'other-algorithm' }]);
});

describe('the path', () => {
  const send = async (path: string, headers: Headers = signed) => {
    const request = new Request(`http://app${path}`, { method: 'POST', headers, body });
    return await clientFixture.app.fetch(request);
  };

  test('a trailing slash is accepted', async () => {
    expect((await send('/wechat/notify/')).status).toBe(200);
  });

  test.each([
    ['/payafter/wechat/notify', 'path-prefix'],
    ['/wechat/notify/2', 'other-path'],
    ['/', 'other-path'],
    ['/graphql', 'other-path'],
  ])('a notification that arrives at %s is logged and counted', async (path, why) => {
    const before = await counted('elsewhere');
    await send(path);
    expect(await counted('elsewhere')).toBe(before + 1);
    const logged = lines('webhook at a path other than /wechat/notify');
    // Of each kind there is one line a minute.
    expect(logged.length).toBeLessThanOrEqual(1);
    expect(logged.every((line) => at(line, 'why') === why)).toBe(true);
  });

  test('any other request for another path is not', async () => {
    const before = await counted('elsewhere');
    await send('/nowhere', { 'content-type': 'application/json' });
    expect(await counted('elsewhere')).toBe(before);
  });
});

test('a flood of refused notifications of one kind is one log line', async () => {
  const fresh = await createAppWithClient({ wechat: notificationOptions() });
  const kinds: readonly Headers[] = [
    without('Nonce'),
    signedHeaders(body, { timestamp: NOW_SECONDS - 400 }),
    signedHeaders(body, { serial: 'PUB_KEY_ID_1' }),
    { ...signed, 'Wechatpay-Nonce': 'x' },
  ];
  for (const headers of kinds) {
    for (let sent = 0; sent < 100; sent += 1) {
      await post(fresh, body, headers);
    }
  }
  expect(fresh.log.entries()).toHaveLength(kinds.length);
  await fresh.close();
});
