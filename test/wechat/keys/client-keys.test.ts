import { expect, test } from 'vitest';
import { Rsa } from 'wechatpay-axios-plugin';
import { type WechatPayOptions, WechatUntrustedError } from '../../../src/wechat/index.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS } from '../../fixtures/wechat/orders.ts';
import {
  answerTo,
  clientOf,
  createdAs,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const OLDER = '4A00000000000000000000000000000000000001';
const NEWER = '4B00000000000000000000000000000000000002';
const YEAR_MS = 365 * 86_400_000;
const merchant = rsaKeys();
const publicKeyMode = rsaKeys();
const olderKeys = rsaKeys();
const newerKeys = rsaKeys();
const older = certificateOf(olderKeys, OLDER, Date.now() - YEAR_MS);
const newer = certificateOf(newerKeys, NEWER, Date.now() - 1000);
const signers = new Map([
  [PUBLIC_KEY_ID, publicKeyMode.privatePem],
  [OLDER, olderKeys.privatePem],
  [NEWER, newerKeys.privatePem],
]);

const PUBLIC_KEY_ONLY = {};
const BOTH = { platformCertificates: older + newer };
const CERTIFICATES_ONLY = { ...BOTH, publicKey: undefined, publicKeyId: undefined };

/** The request of a create to an upstream that signs with a serial number, the requested one or not. */
async function create(changes: Partial<WechatPayOptions>, serial?: string) {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, ({ body }) => {
    const { out_order_no }: Record<string, unknown> = JSON.parse(body.toString());
    return { body: createdAs(String(out_order_no)), ...(serial && { serial }) };
  });
  const wechat = clientOf(upstream.url, merchant, publicKeyMode, changes);
  await wechat.createPayAfterOrder(anOrder({ name: '张三' }));
  await wechat.close();
  const [request] = upstream.seen;
  const body: Record<string, unknown> = JSON.parse(request?.body.toString() ?? '{}');
  return { asked: request?.headers['wechatpay-serial'], name: String(body['name']) };
}

test.each([
  ['public-key mode', PUBLIC_KEY_ONLY, PUBLIC_KEY_ID, publicKeyMode],
  ['certificate mode, the newest', CERTIFICATES_ONLY, NEWER, newerKeys],
  ['both together, the public key', BOTH, PUBLIC_KEY_ID, publicKeyMode],
] as const)(
  'the key that is named is the key that encrypts: %s',
  async (_, changes, serial, keys) => {
    const { asked, name } = await create(changes);
    expect(asked).toBe(serial);
    expect(Rsa.decrypt(name, keys.privatePem)).toBe('张三');
  },
);

test.each([PUBLIC_KEY_ID, OLDER, NEWER])(
  'with certificates and a public key, a response signed with any of them is trusted: %s',
  async (serial) => {
    await expect(create(BOTH, serial)).resolves.toMatchObject({ asked: PUBLIC_KEY_ID });
  },
);

test.each([
  [PUBLIC_KEY_ONLY, NEWER],
  [CERTIFICATES_ONLY, PUBLIC_KEY_ID],
])(
  'a response signed with a key that is not configured is not trusted: %#',
  async (changes, serial) => {
    const reply = { body: answerTo('A1', { state: 'CREATED' }), serial };
    await using upstream = await startSdkUpstream(merchant.publicPem, signers, () => reply);
    const wechat = clientOf(upstream.url, merchant, publicKeyMode, {
      ...changes,
      timeoutMs: 3_000,
    });
    const call = wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'A1' });
    await expect(call).rejects.toThrow(WechatUntrustedError);
    await expect(call).rejects.toThrow('signed with a key that is not configured');
  },
);
