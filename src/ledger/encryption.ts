import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** Keeps stored data unreadable without the data key. */
export interface Encryption {
  /**
   * AES-256-GCM in Base64, bound to the kind of data: an encrypted body cannot be used as a
   * notification.
   */
  readonly encrypt: (plaintext: Uint8Array | string, kind: string) => string;
  /** Throws if the key, the kind or a byte is different. */
  readonly decrypt: (sealed: string, kind: string) => Buffer;
  /**
   * A keyed hash: equal texts have equal hashes, which cannot be reversed by trying all phone
   * numbers.
   */
  readonly hash: (text: string, kind: string) => string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCES_AT_ONCE = 256;

/** @param dataKey 32 bytes */
export function createEncryption(dataKey: Uint8Array): Encryption {
  const sealing = derive(dataKey, 'seal');
  const hashing = derive(dataKey, 'hash');
  const drawNonce = createNonces();
  return {
    encrypt: (plaintext, kind) => {
      const nonce = drawNonce();
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
      cipher.setAAD(Buffer.from(kind));
      const bytes = [nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(bytes).toString('base64');
    },
    decrypt: (sealed, kind) => {
      const bytes = Buffer.from(sealed, 'base64');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(kind));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plaintext = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([plaintext, decipher.final()]);
    },
    hash: (text, kind) =>
      createHmac('sha256', hashing).update(`${kind}\n${text}`).digest('base64url'),
  };
}

/** Random nonces, each used once: generating them one by one costs as much as the encryption. */
function createNonces(): () => Uint8Array {
  let pool = new Uint8Array();
  let next = 0;
  return () => {
    if (next === pool.length) {
      pool = randomBytes(NONCES_AT_ONCE * NONCE_BYTES);
      next = 0;
    }
    next += NONCE_BYTES;
    return pool.subarray(next - NONCE_BYTES, next);
  };
}

/** A KeyObject, because raw bytes would be converted to one at each use. */
function derive(dataKey: Uint8Array, purpose: string): KeyObject {
  const key = hkdfSync('sha256', dataKey, '', `payafter-graphql ${purpose}`, 32);
  return createSecretKey(Buffer.from(key));
}
