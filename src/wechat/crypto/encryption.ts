import { createDecipheriv, type KeyObject, publicEncrypt } from 'node:crypto';
import type { Encrypt, Wire } from '../codec/codec.ts';

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

const TAG_BYTES = 16;

/** An encrypted resource of a notification or of `/v3/certificates`, camelCase. */
export interface EncryptedResource {
  /** Base64; the last 16 bytes are the tag. */
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associatedData?: string | null;
}

/**
 * AES-256-GCM under the 32-byte APIv3 key. Throws where the tag doesn't fit, before a byte of
 * plaintext is given out.
 */
export function decryptResource(resource: EncryptedResource, apiv3Key: string): string {
  const bytes = Buffer.from(resource.ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', apiv3Key, resource.nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(resource.associatedData ?? ''));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(0, -TAG_BYTES));
  return Buffer.concat([plaintext, decipher.final()]).toString();
}

/** The parts of WeChat's JSON; `undefined` where one is missing. */
export function readResource(wire: Wire): EncryptedResource | undefined {
  const { ciphertext, nonce, associated_data: associatedData } = wire;
  return typeof ciphertext === 'string' && typeof nonce === 'string'
    ? {
        ciphertext,
        nonce,
        associatedData: typeof associatedData === 'string' ? associatedData : null,
      }
    : undefined;
}

/** Under whichever key fits: during a change two are in use. `undefined` where none does. */
export function decryptWithAny(wire: Wire, apiv3Keys: readonly string[]): string | undefined {
  const resource = readResource(wire);
  for (const key of resource === undefined ? [] : apiv3Keys) {
    try {
      return resource && decryptResource(resource, key);
    } catch {
      // The next key may fit.
    }
  }
  return undefined;
}
