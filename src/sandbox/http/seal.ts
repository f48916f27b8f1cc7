import { createCipheriv, randomBytes } from 'node:crypto';

/** A text that only the merchant can decrypt, in WeChat Pay's format. */
export interface Sealed {
  readonly algorithm: 'AEAD_AES_256_GCM';
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associated_data: string;
}

/**
 * AES-256-GCM with the APIv3 key. The nonce is 12 characters of ASCII; the last 16 bytes of the
 * ciphertext are the tag.
 */
export function seal(plaintext: string, apiV3Key: string, associatedData: string): Sealed {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key), Buffer.from(nonce));
  cipher.setAAD(Buffer.from(associatedData));
  const sealed = [cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Buffer.concat(sealed).toString('base64'),
    nonce,
    associated_data: associatedData,
  };
}
