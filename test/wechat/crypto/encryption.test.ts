import { constants, privateDecrypt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Aes, Rsa } from 'wechatpay-axios-plugin';
import { decryptResource, encryptField } from '../../../src/wechat/crypto/encryption.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const NONCE = 'uluk4a9R25RW';
const { AesGcm } = Aes;

describe('a resource', () => {
  // Known answers that the SDKs for Java (the first) and for axios (the others) are tested with.
  test.each([
    {
      key: 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
      nonce: NONCE,
      associatedData: 'associatedData',
      ciphertext: 'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=',
      plaintext: 'message',
    },
    {
      key: KEY,
      nonce: '0123456789abcdef',
      associatedData: 'world',
      ciphertext: 'APoZlYpivU3HjbAiB4CvW1rAFr8J',
      plaintext: 'hello',
    },
    {
      key: KEY,
      nonce: '0123456789abcdef',
      associatedData: '',
      ciphertext: 'GvpmmdtYwexXIPhySs9Tlg==',
      plaintext: '',
    },
  ])(
    'a resource of a published vector is decrypted to $plaintext',
    ({ key, plaintext, ...resource }) => {
      expect(decryptResource(resource, key)).toBe(plaintext);
    },
  );

  test.each(['', null, undefined])('a resource needs no associated data: %o', (none) => {
    const ciphertext = AesGcm.encrypt('{"total":1}', KEY, NONCE, '');
    const resource = { ciphertext, nonce: NONCE };
    const given = none === undefined ? resource : { ...resource, associatedData: none };
    expect(decryptResource(given, KEY)).toBe('{"total":1}');
  });

  test('a resource that the SDK encrypted is decrypted, Chinese and longer than a block', () => {
    const plaintext = JSON.stringify({ attach: '先享后付'.repeat(50) });
    const ciphertext = AesGcm.encrypt(plaintext, KEY, NONCE, 'payscore');
    const resource = { ciphertext, nonce: NONCE, associatedData: 'payscore' };
    expect(decryptResource(resource, KEY)).toBe(plaintext);
    expect(AesGcm.decrypt(ciphertext, KEY, NONCE, 'payscore')).toBe(plaintext);
  });
});

describe('a resource that was altered is refused before a byte of it is given out', () => {
  const plaintext = '{"total":1}';
  const bytes = Buffer.from(AesGcm.encrypt(plaintext, KEY, NONCE, 'aad'), 'base64');
  const decrypt = (altered: Uint8Array, associatedData = 'aad', key = KEY, nonce = NONCE) =>
    decryptResource(
      { ciphertext: Buffer.from(altered).toString('base64'), nonce, associatedData },
      key,
    );
  const flipped = (at: number) =>
    Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));

  test('an unchanged resource is decrypted', () => {
    expect(decrypt(bytes)).toBe(plaintext);
  });

  test('a resource with any bit of the ciphertext or of the tag changed is refused before a byte of it is returned', () => {
    for (const at of bytes.keys()) {
      expect(() => decrypt(flipped(at))).toThrow();
    }
  });

  test('a resource with other associated data, nonce or key is refused before a byte of it is returned', () => {
    expect(() => decrypt(bytes, 'aae')).toThrow();
    expect(() => decrypt(bytes, '')).toThrow();
    expect(() => decrypt(bytes, 'aad', KEY, 'uluk4a9R25RX')).toThrow();
    expect(() => decrypt(bytes, 'aad', KEY.replace('0', '1'))).toThrow();
  });

  test('a truncated resource is refused before a byte of it is returned', () => {
    for (const length of bytes.keys()) {
      expect(() => decrypt(bytes.subarray(0, length))).toThrow();
    }
  });
});

test.each([4, 8, 12, 15])(
  'a tag of %d bytes is refused, although its bytes are correct',
  (length) => {
    const tag = Buffer.from(AesGcm.encrypt('', KEY, NONCE, ''), 'base64');
    const cut = (bytes: number) => tag.subarray(0, bytes).toString('base64');
    expect(decryptResource({ ciphertext: cut(16), nonce: NONCE }, KEY)).toBe('');
    expect(() => decryptResource({ ciphertext: cut(length), nonce: NONCE }, KEY)).toThrow();
  },
);

describe('a sensitive field', () => {
  const keys = rsaKeys();
  const decrypt = (ciphertext: string) => {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const key = { key: keys.privateKey, padding, oaepHash: 'sha1' };
    return privateDecrypt(key, Buffer.from(ciphertext, 'base64')).toString();
  };

  test.each(['', '张三丰', '13800138000', 'x'.repeat(214), `${'深'.repeat(71)}a`])(
    'a sensitive field is encrypted with OAEP and SHA-1: %#',
    (plaintext) => {
      const ciphertext = encryptField(keys.publicKey, plaintext);
      expect(decrypt(ciphertext)).toBe(plaintext);
      expect(Rsa.decrypt(ciphertext, keys.privatePem)).toBe(plaintext);
    },
  );

  test('a sensitive field has another ciphertext each time', () => {
    const encrypt = (plaintext: string) => encryptField(keys.publicKey, plaintext);
    expect(encrypt('张三')).not.toBe(encrypt('张三'));
  });

  test.each(['x'.repeat(215), '深'.repeat(72)])(
    'a sensitive field has at most 214 bytes, and the error does not quote it: %#',
    (plaintext) => {
      const encrypt = () => encryptField(keys.publicKey, plaintext);
      expect(encrypt).toThrow(RangeError);
      expect(encrypt).toThrow('A sensitive field may have at most 214 bytes of UTF-8.');
    },
  );
});
