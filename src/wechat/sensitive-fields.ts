import { constants, type KeyObject, publicEncrypt } from 'node:crypto';

const OAEP_OVERHEAD_BYTES = 42;

/**
 * RSAES-OAEP with SHA-1 and MGF1-SHA-1 for WeChat's key, in Base64; another ciphertext each time.
 * Throws a RangeError above 214 bytes of UTF-8 (with a 2048-bit key).
 */
export function encryptField(plaintext: string, key: KeyObject): string {
  const bytes = Buffer.from(plaintext);
  const limit = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - OAEP_OVERHEAD_BYTES;
  if (bytes.length > limit) {
    throw new RangeError(`A sensitive field has room for ${limit} bytes of UTF-8.`);
  }
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: 'sha1' }, bytes).toString('base64');
}
