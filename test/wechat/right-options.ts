import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createWechatPay, WechatPayOptionsError } from '../../src/wechat/index.ts';
import type { WechatPayOptions } from '../../src/wechat/options.ts';
import { certificateOf, rsaKeys } from './keys.ts';
import { MCHID, MERCHANT_SERIAL } from './orders.ts';

export const PLATFORM_SERIAL = '4A00000000000000000000000000000000000001';
const KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000';
export const merchant = rsaKeys();
export const wechat = rsaKeys();
export const platformCertificate = certificateOf(wechat, PLATFORM_SERIAL);
export const merchantCertificate = certificateOf(merchant, MERCHANT_SERIAL);
export const apiv3Key = randomBytes(16).toString('hex');

export const RIGHT: WechatPayOptions = {
  mchid: MCHID,
  merchantSerial: MERCHANT_SERIAL,
  merchantKey: merchant.privatePem,
  publicKeyId: KEY_ID,
  publicKey: wechat.publicPem,
  platformCertificates: platformCertificate,
  apiv3Key,
};
export const firstLine = (pem: string) => pem.slice(0, pem.indexOf('\n'));
export const onOneLine = (pem: string) => pem.replaceAll('\n', '\\n');

/** Every problem, as `option problem`; throws away nothing. */
export function problems(changes: Partial<WechatPayOptions>): readonly string[] {
  try {
    createWechatPay({ ...RIGHT, ...changes });
    return [];
  } catch (error) {
    if (!(error instanceof WechatPayOptionsError)) {
      throw error;
    }
    const lines = error.problems.map(({ option, problem }) => `${option} ${problem}`);
    expect(error.message).toBe(["Can't talk to WeChat Pay:", ...lines].join('\n- '));
    return lines;
  }
}
