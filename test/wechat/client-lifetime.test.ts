import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { serve } from '../fixtures/http/http-server.ts';
import { rsaKeys } from '../fixtures/wechat/keys.ts';
import { anOrder, IDS, MCHID } from '../fixtures/wechat/orders.ts';
import {
  answerTo,
  clientOf,
  createdAs,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
const A1 = { ...IDS, outOrderNo: 'A1' };

test('a client opens no connection before its first call', async () => {
  await using server = await serve((_, response) => response.end());
  const wechat = clientOf(server.url, merchant, wechatKey);
  await sleep(50);
  expect(wechat.mchid).toBe(MCHID);
  expect(server.bytes()).toHaveLength(0);
  await wechat.close();
});

test('closing the client waits for the call in flight', async () => {
  const events: string[] = [];
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, async () => {
    await sleep(150);
    return { body: createdAs('A1') };
  });
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  const call = wechat.createPayAfterOrder(anOrder({ outOrderNo: 'A1' })).then(() => {
    events.push('answered');
  });
  await wechat.close().then(() => events.push('closed'));
  await call;
  expect(events).toEqual(['answered', 'closed']);
});

test('closing the client waits for a call between two attempts', async () => {
  let first = true;
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, () => {
    const status = first ? 500 : 200;
    first = false;
    return { status, body: createdAs('A1') };
  });
  const resilience = { firstDelayMs: 200 };
  const wechat = clientOf(upstream.url, merchant, wechatKey, { resilience });
  const call = wechat.createPayAfterOrder(anOrder({ outOrderNo: 'A1' }));
  await expect.poll(() => upstream.seen.length).toBe(1);
  await sleep(50);
  await wechat.close();
  await expect(call).resolves.toMatchObject({ outOrderNo: 'A1' });
  expect(upstream.seen).toHaveLength(2);
});

test("a query ends with the caller's own reason when it is aborted in flight", async () => {
  await using server = await serve(() => {});
  const wechat = clientOf(server.url, merchant, wechatKey);
  const leaving = new AbortController();
  const call = wechat.queryPayAfterOrder(A1, { signal: leaving.signal });
  const reason = new Error('the caller left');
  await expect.poll(() => server.requests()).toBe(1);
  leaving.abort(reason);
  await expect(call).rejects.toBe(reason);
  expect(server.requests()).toBe(1);
});

test('a query ends when it is aborted between two attempts', async () => {
  await using server = await serve((_, response) =>
    response.writeHead(429, { 'retry-after': '2' }).end(),
  );
  const wechat = clientOf(server.url, merchant, wechatKey);
  const leaving = new AbortController();
  const call = wechat.queryUserServiceState({ ...IDS, openid: 'o' }, { signal: leaving.signal });
  const reason = new Error('the caller left');
  await expect.poll(() => server.requests()).toBe(1);
  setTimeout(() => leaving.abort(reason), 50);
  await expect(call).rejects.toBe(reason);
  expect(server.requests()).toBe(1);
});

test('a query that is aborted already sends nothing', async () => {
  await using server = await serve((_, response) => response.end());
  const wechat = clientOf(server.url, merchant, wechatKey);
  const signal = AbortSignal.abort(new Error('too late'));
  await expect(wechat.queryPayAfterOrder(A1, { signal })).rejects.toThrow('too late');
  expect(server.requests()).toBe(0);
});

test('calls share connections, and each has a nonce of its own', async () => {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, () => ({
    body: answerTo('A1', { state: 'CREATED' }),
  }));
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  await Promise.all(Array.from({ length: 20 }, () => wechat.queryPayAfterOrder(A1)));
  const nonces = upstream.seen.map(({ authorization }) => authorization.get('nonce_str'));
  expect(new Set(nonces).size).toBe(20);
  await wechat.close();
});
