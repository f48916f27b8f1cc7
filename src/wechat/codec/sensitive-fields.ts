import { type KeyObject, publicEncrypt } from 'node:crypto';
import type { Encrypt } from './codec.ts';

const OAEP_OVERHEAD_BYTES = 42;

/**
 * RSAES-OAEP with SHA-1 and MGF1-SHA-1 for WeChat's key, in Base64; another ciphertext each time.
 * Throws a RangeError above 214 bytes of UTF-8 (with a 2048-bit key).
 */
export function fieldEncryption(key: KeyObject): Encrypt {
  const limit = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - OAEP_OVERHEAD_BYTES;
  return (plaintext) => {
    const bytes = Buffer.from(plaintext);
    if (bytes.length > limit) {
      throw new RangeError(`A sensitive field has room for ${limit} bytes of UTF-8.`);
    }
    // OAEP and SHA-1 are the defaults; an object that names them doubles what it costs.
    return publicEncrypt(key, bytes).toString('base64');
  };
}
