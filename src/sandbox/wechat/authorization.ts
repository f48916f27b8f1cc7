import { type KeyObject, verify } from 'node:crypto';
import { failure, NUMBER } from './answer.ts';
import { Refusal } from './refusal.ts';

const SCHEME = /^WECHATPAY2-SHA256-RSA2048\s+(.+)$/;
const FIELD = /(\w+)="([^"]*)"/g;
const MAX_SKEW_MS = 300_000;

/** A raw request: the target is path and query, percent-encoded as sent. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: Uint8Array;
}

export interface Merchant {
  readonly mchid: string;
  readonly serial: string;
  readonly publicKey: KeyObject;
}

/** The fields of an Authorization header in any order; undefined for another scheme or no header. */
export function parseAuthorization(header: string | undefined): Map<string, string> | undefined {
  const fields = SCHEME.exec(header ?? '')?.[1];
  if (fields === undefined) {
    return undefined;
  }
  return new Map([...fields.matchAll(FIELD)].map(([, name = '', value = '']) => [name, value]));
}

/**
 * Checks a request as WeChat Pay does: scheme, merchant number, certificate serial number, a
 * timestamp within 5 minutes in either direction, and the signature over the raw bytes.
 * @param nowMs real time in milliseconds
 * @returns the nonce
 * @throws Refusal 401 SIGN_ERROR, unsigned, with the echo of what was checked
 */
export function authorize(request: ReceivedRequest, merchant: Merchant, nowMs: number): string {
  const fields = parseAuthorization(request.authorization);
  const timestamp = fields?.get('timestamp') ?? '';
  const nonce = fields?.get('nonce_str') ?? '';
  const signature = fields?.get('signature') ?? '';
  const head = `${request.method}\n${request.target}\n${timestamp}\n${nonce}\n`;
  const message = Buffer.concat([Buffer.from(head), request.body, Buffer.from('\n')]);
  const refuse = (text: string, field: string, issue: string) =>
    signError(text, field, issue, {
      method: request.method,
      url: request.target,
      // WeChat Pay truncates the message somewhere in the body; here it ends before the body, which
      // may contain personal data.
      truncated_sign_message: head,
      sign_message_length: message.length,
    });

  if (!fields || nonce === '' || signature === '' || !/^\d+$/.test(timestamp)) {
    throw refuse('Http头Authorization值格式错误', 'authorization', 'malformed authorization');
  }
  if (fields.get('mchid') !== merchant.mchid) {
    throw refuse('商户号有误。', 'mchid', 'mchid not match');
  }
  // Hexadecimal, so that upper and lower case are the same: wechatpay-node-v3 sends lower case.
  if (fields.get('serial_no')?.toUpperCase() !== merchant.serial.toUpperCase()) {
    throw refuse('商户证书序列号有误。', 'serial_no', 'serial_no not match');
  }
  if (Math.abs(nowMs - Number(timestamp) * 1000) > MAX_SKEW_MS) {
    const text = 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟';
    throw refuse(text, 'timestamp', 'timestamp expired');
  }
  if (!verify('sha256', message, merchant.publicKey, Buffer.from(signature, 'base64'))) {
    throw refuse('错误的签名,验签失败', 'signature', 'sign not match');
  }
  return nonce;
}

function signError(message: string, field: string, issue: string, echo: object): Refusal {
  const detail = { detail: { issue }, field, location: 'authorization', sign_information: echo };
  return new Refusal({
    ...failure(401, { code: 'SIGN_ERROR', message, detail }, NUMBER.badAuthorization),
    signedBy: 'nobody',
  });
}

/** 401 for a call whose nonce has been used before, for the rule `refuseUsedNonces`. */
export function usedNonce(): Refusal {
  return new Refusal({
    ...failure(
      401,
      { code: 'SIGN_ERROR', message: 'Http头Authorization中的nonce_str已被使用' },
      NUMBER.badAuthorization,
    ),
    signedBy: 'nobody',
  });
}

/** Remembers the nonces of accepted calls for as long as their timestamps stay acceptable. */
export interface NonceStore {
  /** Records a nonce; false if it was used within the last 10 minutes, both ends included. */
  use(nonce: string, nowMs: number): boolean;
}

const REMEMBERED_MS = 10 * 60 * 1000;

export function createNonceStore(): NonceStore {
  // A Map keeps the order of insertion, so the oldest are found first.
  const usedAt = new Map<string, number>();
  return {
    use: (nonce, nowMs) => {
      for (const [old, atMs] of usedAt) {
        if (nowMs - atMs <= REMEMBERED_MS) {
          break;
        }
        usedAt.delete(old);
      }
      if (usedAt.has(nonce)) {
        return false;
      }
      usedAt.set(nonce, nowMs);
      return true;
    },
  };
}
