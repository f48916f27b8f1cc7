import { constants, type KeyObject, privateDecrypt } from 'node:crypto';
import type { JsonObject } from '../http/json.ts';
import type { PlatformKey } from '../identity.ts';
import { paramError } from './refusal.ts';

/** The four encrypted fields of create: Base64 of RSAES-OAEP with SHA-1. */
export const SENSITIVE_FIELDS = ['name', 'phone', 'userid', 'address'] as const;

/** Their plaintexts, for those that were sent. */
export type PersonalData = Readonly<Record<string, string>>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Decrypts the sensitive fields of a create with the key that Wechatpay-Serial names.
 * @throws Refusal 400 PARAM_ERROR with WeChat Pay's message; never with a value
 */
export function decryptSensitive(
  body: JsonObject,
  serial: string | undefined,
  keyOf: (serial: string) => PlatformKey | undefined,
): PersonalData {
  const sent = SENSITIVE_FIELDS.flatMap((field): [string, string][] => {
    const cipher = body[field];
    return typeof cipher === 'string' ? [[field, cipher]] : [];
  });
  if (sent.length === 0) {
    return {};
  }
  const key = mustBeNamed(serial, keyOf);
  return Object.fromEntries(
    sent.map(([field, cipher]) => [field, decryptField(field, cipher, key)]),
  );
}

/**
 * The key that Wechatpay-Serial names.
 * @throws Refusal 400 PARAM_ERROR if the header is missing or names no key
 */
export function mustBeNamed(
  serial: string | undefined,
  keyOf: (serial: string) => PlatformKey | undefined,
): PlatformKey {
  if (serial === undefined) {
    const message = 'HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)';
    throw paramError(message, wrongSerial('missing'));
  }
  const key = keyOf(serial);
  if (!key) {
    throw paramError('平台证书序列号Wechatpay-Serial错误', wrongSerial('unknown'));
  }
  return key;
}

/**
 * The plaintext of one encrypted field.
 * @throws Refusal 400 PARAM_ERROR if it cannot be decrypted with this key
 */
export function decryptField(field: string, cipher: string, key: PlatformKey): string {
  const plain = decrypt(cipher, key.privateKey);
  if (plain === undefined) {
    const issue = 'not decryptable with the key that Wechatpay-Serial names';
    throw paramError('平台私钥解密失败', { field: `/${field}`, issue, location: 'body' });
  }
  return plain;
}

export function wrongSerial(issue: string) {
  return { field: 'Wechatpay-Serial', issue, location: 'header' } as const;
}

function decrypt(cipher: string, key: KeyObject): string | undefined {
  if (!BASE64.test(cipher)) {
    return undefined;
  }
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const bytes = privateDecrypt({ key, padding, oaepHash: 'sha1' }, Buffer.from(cipher, 'base64'));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
