import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WechatPayOptionsError } from '../../../src/wechat/index.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS, MERCHANT_SERIAL } from '../../fixtures/wechat/orders.ts';
import {
  answerTo,
  clientOf,
  ownAnswer,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const OTHER_SERIAL = '6157F09EFDC096DE15EBE81A47057A7232F1B8E9';
const OTHER_KEY_ID = 'PUB_KEY_ID_0114232134912410000000000009';
const merchant = rsaKeys();
const wechatKey = rsaKeys();
const newMerchant = rsaKeys();
const newWechatKey = rsaKeys();
const signers = new Map([
  [PUBLIC_KEY_ID, wechatKey.privatePem],
  [OTHER_KEY_ID, newWechatKey.privatePem],
]);
const A1 = { ...IDS, outOrderNo: 'A1' };
const NEW = {
  merchantSerial: OTHER_SERIAL,
  merchantKey: newMerchant.privatePem,
  publicKeyId: OTHER_KEY_ID,
  publicKey: newWechatKey.publicPem,
};

test('a call in flight finishes with the old keys, and the next one uses the new keys', async () => {
  await using upstream = await startSdkUpstream(newMerchant.publicPem, signers, async (request) => {
    await sleep(100);
    return { body: ownAnswer(request) };
  });
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  const inFlight = wechat.createPayAfterOrder(anOrder({ outOrderNo: 'A1' }));
  await expect.poll(() => upstream.seen.length).toBe(1);
  wechat.useKeys(NEW);
  await expect(inFlight).resolves.toMatchObject({ outOrderNo: 'A1' });
  await expect(wechat.queryPayAfterOrder(A1)).resolves.toMatchObject({ state: 'CREATED' });
  expect(
    upstream.seen.map(({ headers, authorization, verified }) => [
      authorization.get('serial_no'),
      headers['wechatpay-serial'],
      verified,
    ]),
  ).toEqual([
    [MERCHANT_SERIAL, PUBLIC_KEY_ID, false],
    [OTHER_SERIAL, OTHER_KEY_ID, true],
  ]);
  await wechat.close();
});

test('invalid keys are reported together, and nothing changes', async () => {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, () => ({
    body: answerTo('A1', { state: 'CREATED' }),
  }));
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  const wrong = { ...NEW, merchantKey: 'not a PEM', apiv3Key: 'short' };
  expect(() => wechat.useKeys(wrong)).toThrow(WechatPayOptionsError);
  expect(() => wechat.useKeys(wrong)).toThrow(/merchantKey is not a PEM.*apiv3Key has 5/s);
  await expect(wechat.queryPayAfterOrder(A1)).resolves.toMatchObject({ state: 'CREATED' });
  expect(upstream.seen[0]?.verified).toBe(true);
  await wechat.close();
});

test('a change from PEM certificates to downloaded ones requires a restart', async () => {
  const wechat = clientOf('http://127.0.0.1:9', merchant, wechatKey, { apiv3Key: 'k'.repeat(32) });
  const auto = { ...NEW, apiv3Key: 'k'.repeat(32), platformCertificates: 'auto' };
  expect(() => wechat.useKeys(auto)).toThrow(/platformCertificates changes .* restart the server/);
  await wechat.close();
});
