import {
  createCipheriv,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Variables } from './server.ts';

const signLater = promisify(
  (data: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    sign('sha256', data, key, done),
);

/** WeChat Pay's side of one merchant: its keys, and the merchant's variables. */
export interface WechatKeys {
  readonly ids: { readonly appid: string; readonly mchid: string; readonly service_id: string };
  /** Without WeChat Pay's URL. */
  readonly variables: Variables;
  /** The four headers over a body, with the current time plus an offset in seconds. */
  readonly sign: (body: string, laterS?: number) => Promise<Variables>;
  /** A `resource` of a notification: AES-256-GCM under the APIv3 key. */
  readonly seal: (plaintext: string) => Variables;
}

/** New keys for WeChat Pay and one of its merchants. */
export function makeWechatKeys(): WechatKeys {
  const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wechat = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const apiv3Key = randomBytes(16).toString('hex');
  const serial = 'PUB_KEY_ID_0110000000000000000000000000000001';
  const ids = { appid: 'wx00000000000000aa', mchid: '1900000001', service_id: '500009' };
  return {
    ids,
    variables: {
      WECHAT_MCHID: ids.mchid,
      WECHAT_APPID: ids.appid,
      WECHAT_SERVICE_ID: ids.service_id,
      WECHAT_MERCHANT_SERIAL: randomBytes(20).toString('hex').toUpperCase(),
      WECHAT_MERCHANT_KEY: merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      WECHAT_APIV3_KEY: apiv3Key,
      WECHAT_PUBLIC_KEY_ID: serial,
      WECHAT_PUBLIC_KEY: wechat.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      DATA_KEY: randomBytes(32).toString('base64'),
    },
    sign: async (body, laterS = 0) => {
      const timestamp = String(Math.floor(Date.now() / 1000) + laterS);
      const nonce = randomBytes(16).toString('hex');
      const message = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`);
      const signature = await signLater(message, wechat.privateKey);
      return {
        'wechatpay-timestamp': timestamp,
        'wechatpay-nonce': nonce,
        'wechatpay-serial': serial,
        'wechatpay-signature': signature.toString('base64'),
      };
    },
    seal: (plaintext) => {
      const nonce = randomBytes(6).toString('hex');
      const cipher = createCipheriv('aes-256-gcm', apiv3Key, nonce);
      cipher.setAAD(Buffer.from('payscore'));
      const bytes = [cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
      const ciphertext = Buffer.concat(bytes).toString('base64');
      const [algorithm, kind] = ['AEAD_AES_256_GCM', 'payscore'];
      return { algorithm, ciphertext, nonce, associated_data: kind, original_type: kind };
    },
  };
}
