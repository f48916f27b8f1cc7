import { describe, expect, test } from 'vitest';
import { createEncryption } from '../../src/ledger/encryption.ts';

const encryption = createEncryption(Buffer.alloc(32, 1));
const TEXT = '张三 13800138000';

describe('what is sealed', () => {
  test.each(['', 'a', TEXT, 'x'.repeat(100_000)])(
    'what is sealed opens to what it was, %#',
    (text) => {
      expect(encryption.decrypt(encryption.encrypt(text, 'body'), 'body').toString()).toBe(text);
    },
  );

  test('what is sealed opens to the same bytes where it was no text', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(new Uint8Array(encryption.decrypt(encryption.encrypt(bytes, 'body'), 'body'))).toEqual(
      bytes,
    );
  });

  test('what is sealed opens with the same data key in another process', () => {
    const again = createEncryption(Buffer.alloc(32, 1));
    expect(again.decrypt(encryption.encrypt(TEXT, 'body'), 'body').toString()).toBe(TEXT);
  });

  test('what is sealed does not open with another data key', () => {
    const other = createEncryption(Buffer.alloc(32, 2));
    expect(() => other.decrypt(encryption.encrypt(TEXT, 'body'), 'body')).toThrow();
  });

  test('what is sealed does not open as another kind', () => {
    expect(() => encryption.decrypt(encryption.encrypt(TEXT, 'body'), 'notice')).toThrow();
  });

  test('what is sealed does not open with any one of its bits flipped', () => {
    const sealed = Buffer.from(encryption.encrypt('short', 'body'), 'base64');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const spoilt = Buffer.from(sealed);
      spoilt.writeUInt8(spoilt.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => encryption.decrypt(spoilt.toString('base64'), 'body')).toThrow();
    }
  });

  test.each([0, 1, 11, 12, 27, 28])('what is sealed does not open cut to %i bytes', (length) => {
    const sealed = Buffer.from(encryption.encrypt(TEXT, 'body'), 'base64');
    expect(() =>
      encryption.decrypt(sealed.subarray(0, length).toString('base64'), 'body'),
    ).toThrow();
  });

  test('looks different each time', () => {
    const seals = Array.from({ length: 100 }, () => encryption.encrypt(TEXT, 'body'));
    expect(new Set(seals).size).toBe(100);
  });

  test('what is sealed has a nonce that no other one has', () => {
    const nonces = Array.from({ length: 1_000 }, () => encryption.encrypt('', '').slice(0, 16));
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  test('what is sealed does not show what it holds', () => {
    const sealed = Buffer.from(encryption.encrypt(TEXT, 'body'), 'base64');
    expect(sealed.includes('13800138000')).toBe(false);
  });
});

describe('a hash', () => {
  test('a hash is the same for the same text and kind', () => {
    const again = createEncryption(Buffer.alloc(32, 1));
    expect(again.hash(TEXT, 'owner')).toBe(encryption.hash(TEXT, 'owner'));
  });

  test('differs by text, by kind and by data key', () => {
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
