import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

const signAsync = promisify(sign);

export interface RequestToSign {
  readonly method: string;
  /** Path and query exactly as they go over the wire, percent-encoded. */
  readonly target: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly nonce: string;
  /** The bytes that are sent; empty for a request without a body. */
  readonly body: Uint8Array;
}

export interface MerchantCredential {
  readonly mchid: string;
  /** Serial of the merchant API certificate, not of any key of WeChat's. */
  readonly serial: string;
  readonly privateKey: KeyObject;
}

/** The five lines that WeChat Pay has signed, each ended by a line feed, the last too. */
export function requestMessage(request: RequestToSign): Buffer {
  const { method, target, timestamp, nonce, body } = request;
  return Buffer.concat([
    Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n`),
    body,
    Buffer.from('\n'),
  ]);
}

/** SHA256withRSA over a message, in Base64, computed off the main thread. */
export async function signature(message: Uint8Array, privateKey: KeyObject): Promise<string> {
  const bytes: Buffer = await signAsync('sha256', message, privateKey);
  return bytes.toString('base64');
}

/** The `Authorization` header of one attempt. */
export async function authorization(
  request: RequestToSign,
  { mchid, serial, privateKey }: MerchantCredential,
): Promise<string> {
  const signed = await signature(requestMessage(request), privateKey);
  const { timestamp, nonce } = request;
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signed}",timestamp="${timestamp}",serial_no="${serial}"`;
}
