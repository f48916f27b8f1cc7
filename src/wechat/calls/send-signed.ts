import { randomUUID } from 'node:crypto';
import { authorization, type MerchantCredential } from '../crypto/sign.ts';
import type { Transport, TransportResult } from '../http/transport.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Signed {
  readonly method: Method;
  readonly target: string;
  readonly body: Uint8Array;
  /** The key of WeChat's that the body is encrypted for, and that the answer is to be signed with. */
  readonly platformSerial: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Signer {
  readonly transport: Transport;
  readonly credential: MerchantCredential;
  /** Unix ms. */
  readonly now: () => number;
}

/** Sends with a new timestamp, nonce and signature. Throws only the caller's own abort. */
export async function sendSigned(
  { method, target, body, platformSerial, timeoutMs, signal }: Signed,
  { transport, credential, now }: Signer,
): Promise<TransportResult> {
  const timestamp = Math.floor(now() / 1000);
  // 32 characters at most; Node draws these in advance, and bytes one by one.
  const nonce = randomUUID().replaceAll('-', '');
  const signed = { method, target, timestamp, nonce, body };
  return transport.send({
    method,
    target,
    body,
    headers: {
      accept: 'application/json',
      authorization: await authorization(signed, credential),
      ...(body.length > 0 && { 'content-type': 'application/json' }),
      'user-agent': 'payafter-graphql',
      ...(platformSerial !== undefined && { 'wechatpay-serial': platformSerial }),
    },
    timeoutMs,
    signal,
  });
}
