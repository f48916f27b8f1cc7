import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type BreakerState,
  OrderOutcomeUnknownError,
  type WechatPayOptions,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { closedPort } from '../../fixtures/http/http-server.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';
import {
  clientOf,
  ownAnswer,
  PUBLIC_KEY_ID,
  type Reply,
  type Seen,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
/** A key that the client does not know. */
const OTHER = 'PUB_KEY_ID_0000000000002';
const signers = new Map([
  [PUBLIC_KEY_ID, wechatKey.privatePem],
  [OTHER, rsaKeys().privatePem],
]);
const A1 = { ...IDS, outOrderNo: 'A1' };
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(stack.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

/** A WeChat Pay that fails as long as `broken` says so, and a client before it. */
async function upstream(options: Partial<WechatPayOptions> = {}) {
  const server = { broken: (_: Seen) => true as boolean, delayMs: 0 };
  const sdk = await startSdkUpstream(merchant.publicPem, signers, async (seen) => {
    await sleep(server.delayMs);
    return server.broken(seen)
      ? { status: 500, body: '{"code":"SYSTEM_ERROR"}' }
      : { body: ownAnswer(seen) };
  });
  const states: BreakerState[] = [];
  const wechat = clientOf(sdk.url, merchant, wechatKey, {
    timeoutMs: 3_000,
    onBreaker: (state) => states.push(state),
    ...options,
  });
  stack.push(sdk, { [Symbol.asyncDispose]: wechat.close });
  const create = () => failureOf(wechat.createPayAfterOrder(anOrder({ outOrderNo: 'A1' })));
  const query = () => wechat.queryPayAfterOrder(A1);
  return { server, sdk, wechat, states, create, query };
}

describe('in an outage that lasts', () => {
  test('in an outage creates fail immediately, before they are sent, with the time of a retry', async () => {
    const { sdk, states, create } = await upstream();
    const first = await Promise.all(Array.from({ length: 20 }, create));
    expect(first[0]).toBeInstanceOf(OrderOutcomeUnknownError);
    const sent = sdk.seen.length;
    const startMs = performance.now();
    const error = await create();
    expect(performance.now() - startMs).toBeLessThan(500);
    expect(error).toBeInstanceOf(WechatUnavailableError);
    expect(error).toMatchObject({ status: null, retryAfterSeconds: expect.any(Number) });
    expect(sdk.seen).toHaveLength(sent);
    expect(states).toEqual(['open']);
  });

  test('a write that was ambiguous when the breaker opened has an unknown outcome', async () => {
    const { create } = await upstream({ resilience: { breakerAttempts: 1 } });
    expect(await create()).toBeInstanceOf(OrderOutcomeUnknownError);
  });

  test('if only writes fail reads continue, so that unknown outcomes can be resolved', async () => {
    const { server, states, create, query } = await upstream();
    server.broken = ({ method }) => method === 'POST';
    await Promise.all(Array.from({ length: 20 }, create));
    expect(states).toEqual(['open']);
    await expect(query()).resolves.toMatchObject({ state: 'CREATED' });
  });

  test('after a while one attempt probes, and the first success closes the breaker', async () => {
    const protection = { breakerAttempts: 4, breakerOpenMs: 800 };
    const { server, sdk, states, query } = await upstream({ resilience: protection });
    await Promise.all(Array.from({ length: 4 }, () => failureOf(query())));
    await sleep(810);
    const before = sdk.seen.length;
    server.delayMs = 50;
    const probes = await Promise.all(Array.from({ length: 10 }, () => failureOf(query())));
    expect(sdk.seen.length - before).toBe(1);
    expect(new Set(probes.map((error) => Object.getPrototypeOf(error)))).toEqual(
      new Set([WechatUnavailableError.prototype]),
    );
    server.broken = () => false;
    await sleep(810);
    await expect(query()).resolves.toMatchObject({ state: 'CREATED' });
    await expect(Promise.all([query(), query()])).resolves.toHaveLength(2);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  test('retries are a tenth of the calls, beyond a fixed minimum', async () => {
    const protection = { breakerAttempts: Number.POSITIVE_INFINITY, maxRetries: 3 };
    const { sdk, create } = await upstream({ resilience: protection });
    await Promise.all(Array.from({ length: 100 }, create));
    expect(sdk.seen.length).toBeGreaterThan(102);
    expect(sdk.seen.length).toBeLessThanOrEqual(111);
  });
});

test('refusals and rate limits do not count as failures', async () => {
  const states: BreakerState[] = [];
  let count = 0;
  await using sdk = await startSdkUpstream(merchant.publicPem, signers, () => {
    count += 1;
    return count % 2 === 0
      ? { status: 400, body: '{"code":"PARAM_ERROR"}' }
      : { status: 429, body: '{"code":"RATELIMIT_EXCEEDED"}' };
  });
  const onBreaker = (state: BreakerState) => states.push(state);
  const wechat = clientOf(sdk.url, merchant, wechatKey, { timeoutMs: 3_000, onBreaker });
  await Promise.allSettled(Array.from({ length: 30 }, () => wechat.queryPayAfterOrder(A1)));
  expect(states).toEqual([]);
  await wechat.close();
});

test.each<[string, Reply]>([
  ['rate limits', { status: 429, body: '{"code":"RATELIMIT_EXCEEDED"}' }],
  ['responses that are not final', { status: 202, body: '{}' }],
  ['refusals of something in between', { status: 403, body: '{"code":"NO_AUTH"}', serial: OTHER }],
])('%s do not count as successes', async (_, reply) => {
  const states: BreakerState[] = [];
  let count = 0;
  await using sdk = await startSdkUpstream(merchant.publicPem, signers, () => {
    count += 1;
    return count <= 6 ? reply : { status: 500, body: '{"code":"SYSTEM_ERROR"}' };
  });
  const wechat = clientOf(sdk.url, merchant, wechatKey, {
    resilience: { breakerAttempts: 4, maxRetries: 0, retryShare: 0 },
    onBreaker: (state) => states.push(state),
  });
  for (let call = 1; call <= 10; call += 1) {
    expect(states).toEqual([]);
    await failureOf(wechat.queryPayAfterOrder(A1));
  }
  // Four failures of four: of ten they would be too few.
  expect(states).toEqual(['open']);
  await wechat.close();
});

test('concurrent calls are limited, and the others wait within their deadlines in a bounded queue', async () => {
  const { server, sdk, query } = await upstream({ resilience: { maxConcurrent: 2, maxQueued: 2 } });
  server.broken = () => false;
  server.delayMs = 60;
  const six = await Promise.allSettled(Array.from({ length: 6 }, query));
  expect(six.map(({ status }) => status === 'fulfilled')).toEqual([
    ...[true, true, true, true],
    ...[false, false],
  ]);
  expect(six[5]).toMatchObject({
    reason: { name: 'WechatUnavailableError', retryAfterSeconds: 1 },
  });
  expect(sdk.seen).toHaveLength(4);
});

describe('a backup', () => {
  test('a backup takes the calls while the primary refuses connections, and no breaker opens', async () => {
    const down = await closedPort();
    const { server, sdk, states } = await upstream();
    server.broken = () => false;
    const both = clientOf(down, merchant, wechatKey, {
      backupUrl: sdk.url,
      onBreaker: (state) => states.push(state),
    });
    const order = anOrder({ outOrderNo: 'A1' });
    await expect(both.createPayAfterOrder(order)).resolves.toMatchObject({ outOrderNo: 'A1' });
    await Promise.all(Array.from({ length: 40 }, () => both.queryPayAfterOrder(A1)));
    expect(sdk.seen).toHaveLength(41);
    expect(sdk.seen.every(({ verified }) => verified)).toBe(true);
    expect(states).toEqual([]);
    await both.close();
  });

  test('a backup gets no call while the primary responds, whatever the response is', async () => {
    const primary = await upstream();
    const spare = await upstream();
    const both = clientOf(primary.sdk.url, merchant, wechatKey, {
      timeoutMs: 3_000,
      backupUrl: spare.sdk.url,
    });
    await failureOf(both.queryPayAfterOrder(A1));
    expect([primary.sdk.seen.length > 1, spare.sdk.seen.length]).toEqual([true, 0]);
    await both.close();
  });

  test('if the backup is down too nothing was accepted, and the breaker opens', async () => {
    const states: BreakerState[] = [];
    const [one, other] = [await closedPort(), await closedPort()];
    const both = clientOf(one, merchant, wechatKey, {
      backupUrl: other,
      timeoutMs: 3_000,
      onBreaker: (state) => states.push(state),
    });
    const calls = Array.from({ length: 30 }, () => failureOf(both.createPayAfterOrder(anOrder())));
    for (const error of await Promise.all(calls)) {
      expect(error).toBeInstanceOf(WechatUnavailableError);
    }
    const more = Array.from({ length: 30 }, () => failureOf(both.createPayAfterOrder(anOrder())));
    expect(
      new Set((await Promise.all(more)).map((error) => error instanceof WechatUnavailableError)),
    ).toEqual(new Set([true]));
    expect(states).toEqual(['open']);
    await both.close();
  });
});
