import { generateKeyPairSync, randomBytes } from 'node:crypto';

export type Variables = Readonly<Record<string, string>>;

/** One merchant and its WeChat Pay, with new keys. */
export interface Merchant {
  /** What the merchant knows: the same for our server and for the peers. */
  readonly variables: Variables;
  /** What WeChat Pay knows. */
  readonly upstream: Variables;
}

export const MCHID = '1900000001';
export const APPID = 'wx00000000000000aa';
export const SERVICE_ID = '500009';

export function makeMerchant(): Merchant {
  const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wechat = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const serial = 'PUB_KEY_ID_0110000000000000000000000000000001';
  const publicPem = (key: typeof merchant) =>
    key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const privatePem = (key: typeof merchant) =>
    key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    variables: {
      WECHAT_MCHID: MCHID,
      WECHAT_APPID: APPID,
      WECHAT_SERVICE_ID: SERVICE_ID,
      WECHAT_MERCHANT_SERIAL: randomBytes(20).toString('hex').toUpperCase(),
      WECHAT_MERCHANT_KEY: privatePem(merchant),
      WECHAT_APIV3_KEY: randomBytes(16).toString('hex'),
      WECHAT_PUBLIC_KEY_ID: serial,
      WECHAT_PUBLIC_KEY: publicPem(wechat),
    },
    upstream: {
      BENCH_SERIAL: serial,
      BENCH_WECHAT_KEY: privatePem(wechat),
      BENCH_MERCHANT_PUBLIC_KEY: publicPem(merchant),
    },
  };
}
