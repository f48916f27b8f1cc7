import { type KeyObject, sign } from 'node:crypto';
import type { Fault } from '../faults/fault.ts';
import type { PlatformKey } from '../identity.ts';
import { opaque, randomSerial } from '../random.ts';

/** Signs a response, or corrupts its signature as the fault demands. */
export async function signOrSpoil(
  text: string,
  key: PlatformKey,
  nowMs: number,
  fault: Fault | undefined,
): Promise<Partial<SignatureHeaders>> {
  switch (fault?.fault) {
    case 'unsigned':
      return {};
    case 'stale':
      return await signText(text, key, nowMs - fault.seconds * 1000);
    case 'future':
      return await signText(text, key, nowMs + fault.seconds * 1000);
    case 'other-body':
      return await signText('{}', key, nowMs);
    case 'unknown-serial':
      return { ...(await signText(text, key, nowMs)), 'Wechatpay-Serial': randomSerial() };
    case 'probe':
      return {
        ...(await signText(text, key, nowMs)),
        'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${opaque(192)}`,
      };
    case 'wrong-signature':
      return await wronglySigned(text, key, nowMs);
    case 'status':
      return fault.signature === 'wrong'
        ? await wronglySigned(text, key, nowMs)
        : await signText(text, key, nowMs);
    default:
      return await signText(text, key, nowMs);
  }
}

async function wronglySigned(text: string, key: PlatformKey, nowMs: number) {
  const headers = await signText(text, key, nowMs);
  const signature = Buffer.from(headers['Wechatpay-Signature'], 'base64').reverse();
  return { ...headers, 'Wechatpay-Signature': signature.toString('base64') };
}

/** WeChat Pay's signature headers. */
export interface SignatureHeaders {
  readonly 'Wechatpay-Timestamp': string;
  readonly 'Wechatpay-Nonce': string;
  readonly 'Wechatpay-Signature': string;
  readonly 'Wechatpay-Serial': string;
  readonly 'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048';
}

/** Signs `timestamp\nnonce\nbody\n` with SHA256-RSA, off the main thread. `nowMs` is real time. */
async function signText(text: string, key: PlatformKey, nowMs: number): Promise<SignatureHeaders> {
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
