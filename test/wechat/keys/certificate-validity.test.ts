import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import {
  OrderOutcomeUnknownError,
  UntrustedNotificationError,
  type WechatPayOptions,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../../src/wechat/index.ts';
import { keyRing } from '../../../src/wechat/keys/key-provider.ts';
import { readNotification } from '../../../src/wechat/notifications/notification.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';
import { clientOf, ownAnswer, startSdkUpstream } from '../../fixtures/wechat/sdk-upstream.ts';

const OLD = '4A00000000000000000000000000000000000001';
const NEW = '4B00000000000000000000000000000000000002';
const DAY_MS = 86_400_000;
const APIV3_KEY = 'v3-key-v3-key-v3-key-v3-key-v3-k';
const merchant = rsaKeys();
const oldKeys = rsaKeys();
const newKeys = rsaKeys();
const signers = new Map([
  [OLD, oldKeys.privatePem],
  [NEW, newKeys.privatePem],
]);
/** Certificates of the sandbox are valid for five years. */
const expired = certificateOf(oldKeys, OLD, Date.now() - 2_000 * DAY_MS);
const premature = certificateOf(oldKeys, OLD, Date.now() + DAY_MS);
const valid = certificateOf(newKeys, NEW, Date.now() - DAY_MS);
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(stack.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

/** A client with these certificates only, and a WeChat Pay that signs under the serial, if one is given. */
async function upstream(
  platformCertificates: string,
  { serial, ...changes }: Partial<WechatPayOptions> & { readonly serial?: string } = {},
) {
  const sdk = await startSdkUpstream(merchant.publicPem, signers, (seen) => ({
    body: ownAnswer(seen),
    ...(serial && { serial }),
  }));
  const wechat = clientOf(sdk.url, merchant, oldKeys, {
    publicKey: undefined,
    publicKeyId: undefined,
    apiv3Key: APIV3_KEY,
    timeoutMs: 3_000,
    platformCertificates,
    ...changes,
  });
  stack.push(sdk, { [Symbol.asyncDispose]: wechat.close });
  return {
    sdk,
    wechat,
    create: () => wechat.createPayAfterOrder(anOrder({ name: '张三' })),
    query: () => wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'A1' }),
  };
}

describe.each([
  ['expired', expired],
  ['not yet valid', premature],
])('with no other certificate than one that is %s', (_, pem) => {
  test('without a valid certificate nothing is sent, and the error says what to do', async () => {
    const { sdk, create, query } = await upstream(pem);
    for (const error of [await failureOf(create()), await failureOf(query())]) {
      expect(error).toBeInstanceOf(WechatUnavailableError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^No valid WeChat Pay public key or platform certificate/),
      });
    }
    expect(sdk.seen).toEqual([]);
  });
});

test('a valid certificate encrypts and is named, although an expired one is configured too', async () => {
  const { sdk, create } = await upstream(expired + valid);
  await create();
  const [request] = sdk.seen;
  const body: Record<string, unknown> = JSON.parse(String(request?.body));
  expect(request?.headers['wechatpay-serial']).toBe(NEW);
  expect(Rsa.decrypt(String(body['name']), newKeys.privatePem)).toBe('张三');
});

test('a certificate that expires while the client runs is not used from that moment on', async () => {
  // The sandbox issues certificates for five years: this one ends in a minute.
  const from = new Date(Date.now() + 60_000);
  from.setUTCFullYear(from.getUTCFullYear() - 5);
  const soon = certificateOf(oldKeys, OLD, from.getTime());
  const endMs = new X509Certificate(soon).validToDate.getTime();
  let now = Date.now;
  const { sdk, create, query } = await upstream(soon, { now: () => now() });
  await create();
  await query();
  expect(sdk.seen).toHaveLength(2);
  now = () => endMs;
  expect(await failureOf(create())).toBeInstanceOf(WechatUnavailableError);
  expect(await failureOf(query())).toBeInstanceOf(WechatUnavailableError);
  expect(sdk.seen).toHaveLength(2);
});

describe.each([
  ['an expired certificate', expired, 'expired-certificate', 'has expired'],
  ['a certificate that is not yet valid', premature, 'not-yet-valid-certificate', 'not valid yet'],
])('what is signed with %s', (_, pem, why, sentence) => {
  test('a response signed with an invalid certificate is not trusted', async () => {
    const { create, query } = await upstream(pem + valid, { serial: OLD });
    const unknown = await failureOf(create());
    expect(unknown).toBeInstanceOf(OrderOutcomeUnknownError);
    expect(unknown).toMatchObject({ reason: 'UNTRUSTED_ANSWER' });
    const untrusted = await failureOf(query());
    expect(untrusted).toBeInstanceOf(WechatUntrustedError);
    expect(untrusted).toMatchObject({ message: expect.stringContaining(sentence) });
  });

  test('a notification signed with an invalid certificate is refused, with its own reason', async () => {
    const { wechat } = await upstream(pem + valid);
    const refusal = await failureOf(wechat.readNotification(notification(OLD)));
    expect(refusal).toBeInstanceOf(UntrustedNotificationError);
    expect(refusal).toMatchObject({ why });
    await expect(wechat.readNotification(notification(NEW))).resolves.toMatchObject({ id: 'N1' });
  });

  test('a notification signed with an invalid certificate causes a download before it is refused', async () => {
    const asked: (string | undefined)[] = [];
    const source = {
      certificates: () => certificates,
      learn: (serial: string | undefined) => {
        asked.push(serial);
        return Promise.resolve();
      },
    };
    const certificates = [new X509Certificate(pem), new X509Certificate(valid)];
    const keys = keyRing(undefined, source, Date.now);
    const context = { keys, apiv3Keys: [APIV3_KEY], now: Date.now, onUnreadableField: () => {} };
    expect(await failureOf(readNotification(notification(OLD), context))).toMatchObject({ why });
    await readNotification(notification(NEW), context);
    expect(asked).toEqual([OLD]);
  });
});

/** A notification that is right in all but, perhaps, the certificate. */
function notification(serial: string) {
  const nonce = Formatter.nonce(12);
  const body = JSON.stringify({
    id: 'N1',
    event_type: 'PAYSCORE.USER_ACCEPTED',
    resource: {
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Aes.AesGcm.encrypt('{}', APIV3_KEY, nonce, 'payscore'),
      nonce,
      associated_data: 'payscore',
    },
  });
  const timestamp = Formatter.timestamp();
  const message = Formatter.response(timestamp, 'n', body);
  const headers = new Map([
    ['wechatpay-timestamp', String(timestamp)],
    ['wechatpay-nonce', 'n'],
    ['wechatpay-serial', serial],
    ['wechatpay-signature', Rsa.sign(message, signers.get(serial) ?? '')],
  ]);
  return { header: (name: string) => headers.get(name) ?? null, body: Buffer.from(body) };
}
