import { expect, test } from 'vitest';
import { OrderOutcomeUnknownError, WechatUntrustedError } from '../../src/wechat/index.ts';
import { rsaKeys } from './keys.ts';
import { anOrder, IDS } from './orders.ts';
import { failureOf, TWO_ATTEMPTS_MS } from './sandbox-client.ts';
import { answerTo, clientOf, PUBLIC_KEY_ID, startSdkUpstream } from './sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
const A1 = { ...IDS, outOrderNo: 'A1' };

test.each([
  ['of another order', answerTo('B2', { state: 'CREATED' })],
  ['of another merchant', answerTo('A1', { state: 'CREATED', mchid: '1900000001' })],
])('a signed answer %s is not the answer to this call', async (_, body) => {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, () => ({ body }));
  const wechat = clientOf(upstream.url, merchant, wechatKey, { timeoutMs: TWO_ATTEMPTS_MS });
  const [create, query] = await Promise.all([
    failureOf(wechat.createPayAfterOrder(anOrder(A1))),
    failureOf(wechat.queryPayAfterOrder(A1)),
  ]);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason: 'UNTRUSTED_ANSWER', outOrderNo: 'A1' });
  expect(query).toBeInstanceOf(WechatUntrustedError);
  await wechat.close();
});
