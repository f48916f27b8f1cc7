import { describe, expect, test } from 'vitest';
import { createEncryption } from '../../src/ledger/encryption.ts';

const encryption = createEncryption(Buffer.alloc(32, 1));
const TEXT = '张三 13800138000';

describe('what is sealed', () => {
  test.each(['', 'a', TEXT, 'x'.repeat(100_000)])(
    'an encrypted text is decrypted to the same text, %#',
    (text) => {
      expect(encryption.decrypt(encryption.encrypt(text, 'body'), 'body').toString()).toBe(text);
    },
  );

  test('encrypted bytes are decrypted to the same bytes', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(new Uint8Array(encryption.decrypt(encryption.encrypt(bytes, 'body'), 'body'))).toEqual(
      bytes,
    );
  });

  test('a ciphertext is decrypted with the same data key in another process', () => {
    const again = createEncryption(Buffer.alloc(32, 1));
    expect(again.decrypt(encryption.encrypt(TEXT, 'body'), 'body').toString()).toBe(TEXT);
  });

  test('a ciphertext is not decrypted with another data key', () => {
    const other = createEncryption(Buffer.alloc(32, 2));
    expect(() => other.decrypt(encryption.encrypt(TEXT, 'body'), 'body')).toThrow();
  });

  test('a ciphertext is not decrypted as another kind', () => {
    expect(() => encryption.decrypt(encryption.encrypt(TEXT, 'body'), 'notification')).toThrow();
  });

  test('a ciphertext with any bit flipped is not decrypted', () => {
    const sealed = Buffer.from(encryption.encrypt('short', 'body'), 'base64');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const spoilt = Buffer.from(sealed);
      spoilt.writeUInt8(spoilt.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => encryption.decrypt(spoilt.toString('base64'), 'body')).toThrow();
    }
  });

  test.each([0, 1, 11, 12, 27, 28])('a ciphertext cut to %i bytes is not decrypted', (length) => {
    const sealed = Buffer.from(encryption.encrypt(TEXT, 'body'), 'base64');
    expect(() =>
      encryption.decrypt(sealed.subarray(0, length).toString('base64'), 'body'),
    ).toThrow();
  });

  test('the same text has a different ciphertext each time', () => {
    const seals = Array.from({ length: 100 }, () => encryption.encrypt(TEXT, 'body'));
    expect(new Set(seals).size).toBe(100);
  });

  test('no two ciphertexts have the same nonce', () => {
    const nonces = Array.from({ length: 1_000 }, () => encryption.encrypt('', '').slice(0, 16));
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  test('a ciphertext does not show its content', () => {
    const sealed = Buffer.from(encryption.encrypt(TEXT, 'body'), 'base64');
    expect(sealed.includes('13800138000')).toBe(false);
  });
});

describe('a hash', () => {
  test('a hash is the same for the same text and kind', () => {
    const again = createEncryption(Buffer.alloc(32, 1));
    expect(again.hash(TEXT, 'owner')).toBe(encryption.hash(TEXT, 'owner'));
  });

  test('a hash differs by text, by kind and by data key', () => {
    const other = createEncryption(Buffer.alloc(32, 2));
    const hashes = [
      encryption.hash(TEXT, 'owner'),
      encryption.hash('李四', 'owner'),
      encryption.hash(TEXT, 'digest'),
      other.hash(TEXT, 'owner'),
    ];
    expect(new Set(hashes).size).toBe(4);
  });
});
