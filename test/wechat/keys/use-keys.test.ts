import { createCipheriv } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type WechatPayKeys, WechatPayOptionsError } from '../../../src/wechat/index.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS, MERCHANT_SERIAL } from '../../fixtures/wechat/orders.ts';
import {
  answerTo,
  clientOf,
  ownAnswer,
  PUBLIC_KEY_ID,
  type Reply,
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

describe('keys are tried with one signed call before they are used', () => {
  const APIV3_KEY = 'k'.repeat(32);
  const sealed = sealedCertificate(APIV3_KEY);
  const certificates = JSON.stringify({ data: [{ encrypt_certificate: sealed }] });
  const none = { status: 404, body: '{"code":"RESOURCE_NOT_EXISTS"}' };
  const ok = { body: certificates };

  test.each<[string, Partial<WechatPayKeys>, Reply, object]>([
    ['right keys are accepted when they are tried', {}, ok, { kind: 'accepted' }],
    ['keys of a merchant without certificates are accepted', {}, none, { kind: 'accepted' }],
    [
      'a merchant key of another certificate is refused',
      { merchantKey: merchant.privatePem },
      ok,
      { kind: 'refused', problem: expect.stringMatching(/rejected the signature \(401\)/) },
    ],
    [
      'a public key that is not WeChat Pay’s is refused',
      { publicKey: merchant.publicPem },
      none,
      { kind: 'refused', problem: expect.stringMatching(/wrong-signature.*keys of WeChat Pay/) },
    ],
    [
      'an APIv3 key that does not decrypt is refused',
      { apiv3Key: 'x'.repeat(32) },
      ok,
      {
        kind: 'refused',
        problem: expect.stringMatching(/decrypting or reading a certificate failed/),
      },
    ],
    [
      'an APIv3 key whose previous one decrypts is accepted',
      { apiv3Key: 'x'.repeat(32), apiv3KeyPrevious: APIV3_KEY },
      ok,
      { kind: 'accepted' },
    ],
    [
      'an error of WeChat Pay proves nothing about new keys',
      {},
      { status: 503, body: '{"code":"SYSTEM_ERROR"}' },
      { kind: 'unproved', problem: 'WeChat Pay answered 503 SYSTEM_ERROR.' },
    ],
  ])('%s', async (_, changes, reply, expected) => {
    await using upstream = await startSdkUpstream(newMerchant.publicPem, signers, (request) =>
      request.verified ? reply : { status: 401, body: '{"code":"SIGN_ERROR"}' },
    );
    const wechat = clientOf(upstream.url, merchant, wechatKey);
    const next = { ...NEW, apiv3Key: APIV3_KEY, ...changes };
    expect(await wechat.tryKeys(next)).toEqual(expected);
    expect(upstream.seen.map(({ target }) => target)).toEqual(['/v3/certificates']);
    await wechat.close();
  });

  test('if WeChat Pay does not respond, new keys are not proved, and the client keeps the old ones', async () => {
    const wechat = clientOf('http://127.0.0.1:9', merchant, wechatKey);
    expect(await wechat.tryKeys(NEW)).toMatchObject({ kind: 'unproved' });
    await wechat.close();
  });
});

function sealedCertificate(apiv3Key: string) {
  const nonce = 'n'.repeat(12);
  const cipher = createCipheriv('aes-256-gcm', apiv3Key, nonce);
  cipher.setAAD(Buffer.from('certificate'));
  const pem = certificateOf(wechatKey, '7157F09EFDC096DE15EBE81A47057A7232F1B8E2');
  const bytes = Buffer.concat([cipher.update(pem), cipher.final(), cipher.getAuthTag()]);
  return { ciphertext: bytes.toString('base64'), nonce, associated_data: 'certificate' };
}

test('a change from PEM certificates to downloaded ones requires a restart', async () => {
  const wechat = clientOf('http://127.0.0.1:9', merchant, wechatKey, { apiv3Key: 'k'.repeat(32) });
  const auto = { ...NEW, apiv3Key: 'k'.repeat(32), platformCertificates: 'auto' };
  expect(() => wechat.useKeys(auto)).toThrow(/platformCertificates changes .* restart the server/);
  await wechat.close();
});
