import { type KeyObject, sign } from 'node:crypto';
import type { PlatformKey } from '../identity.ts';
import { opaque } from '../random.ts';

/** The headers that make an answer WeChat's own. */
export interface SignatureHeaders {
  readonly 'Wechatpay-Timestamp': string;
  readonly 'Wechatpay-Nonce': string;
  readonly 'Wechatpay-Signature': string;
  readonly 'Wechatpay-Serial': string;
  readonly 'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048';
}

/** Signs `timestamp\nnonce\nbody\n` with SHA256-RSA, off the main thread. `nowMs` is real time. */
export async function signText(
  text: string,
  key: PlatformKey,
  nowMs: number,
): Promise<SignatureHeaders> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = opaque(24);
  const message = Buffer.from(`${timestamp}\n${nonce}\n${text}\n`);
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': (await signSha256(message, key.privateKey)).toString('base64'),
    'Wechatpay-Serial': key.serial,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

function signSha256(message: Buffer, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign('sha256', message, key, (error, signature) =>
      error ? reject(error) : resolve(signature),
    );
  });
}
