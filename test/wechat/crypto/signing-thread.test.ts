import { createHook } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { IDS } from '../../fixtures/wechat/orders.ts';
import {
  clientOf,
  createdAs,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);

/** Counts the signatures that the thread pool computes: only those have a callback. */
function countPooled() {
  const ids = new Set<number>();
  let pooled = 0;
  const hook = createHook({
    init: (id, type) => {
      if (type === 'SIGNREQUEST') {
        ids.add(id);
      }
    },
    before: (id) => {
      pooled += ids.has(id) ? 1 : 0;
    },
  }).enable();
  return { pooled: () => pooled, [Symbol.dispose]: () => hook.disable() };
}

test('a call that is alone is signed on the main thread, and calls beside it on the pool', async () => {
  const held = Promise.withResolvers<void>();
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, async () => {
    await held.promise;
    return { body: createdAs('A1') };
  });
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  using signatures = countPooled();
  const query = () => wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'A1' });

  const alone = query();
  await expect.poll(() => upstream.seen.length).toBe(1);
  expect(signatures.pooled()).toBe(0);
  const beside = [query(), query()];
  await expect.poll(() => upstream.seen.length).toBe(3);
  expect(signatures.pooled()).toBe(2);

  held.resolve();
  await Promise.allSettled([alone, ...beside]);
  await wechat.close();
});
