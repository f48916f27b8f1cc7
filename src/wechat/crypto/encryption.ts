import { createDecipheriv, type KeyObject, publicEncrypt } from 'node:crypto';
import type { Wire } from '../codec/codec.ts';

const OAEP_OVERHEAD_BYTES = 42;

/**
 * RSAES-OAEP with SHA-1 and MGF1-SHA-1 for WeChat Pay's key, in Base64; the ciphertext differs each
 * time. Throws a RangeError above 214 bytes of UTF-8 (with a 2048-bit key).
 */
export function encryptField(key: KeyObject, plaintext: string): string {
  const limit = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - OAEP_OVERHEAD_BYTES;
  const bytes = Buffer.from(plaintext);
  if (bytes.length > limit) {
    throw new RangeError(`A sensitive field may have at most ${limit} bytes of UTF-8.`);
  }
  // OAEP and SHA-1 are the defaults; passing them explicitly doubles the cost.
  return publicEncrypt(key, bytes).toString('base64');
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
 * AES-256-GCM with the 32-byte APIv3 key. Throws if the tag does not match, before any plaintext is
 * returned.
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

/** The parts of WeChat Pay's JSON; `undefined` if one is missing. */
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

/** WeChat Pay's name of what is implemented here; a merchant of the SM algorithms gets another. */
const ALGORITHM = 'AEAD_AES_256_GCM';

/** Whether a resource says that it is encrypted by another algorithm than the one supported. */
export function isOfOtherAlgorithm({ algorithm }: Wire): boolean {
  return typeof algorithm === 'string' && algorithm !== ALGORITHM;
}

/** Tries each key: two are in use during a key rotation. `undefined` if none decrypts it. */
export function decryptWithAny(wire: Wire, apiv3Keys: readonly string[]): string | undefined {
  const resource = readResource(wire);
  for (const key of resource === undefined ? [] : apiv3Keys) {
    try {
      return resource && decryptResource(resource, key);
    } catch {
      // The next key may decrypt it.
    }
  }
  return undefined;
}
