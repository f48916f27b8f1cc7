import { describe, expect, test } from 'vitest';
import { createVault } from '../../src/ledger/encryption.ts';

const vault = createVault(Buffer.alloc(32, 1));
const TEXT = '张三 13800138000';

describe('what is sealed', () => {
  test.each(['', 'a', TEXT, 'x'.repeat(100_000)])('opens to what it was, %#', (text) => {
    expect(vault.open(vault.seal(text, 'body'), 'body').toString()).toBe(text);
  });

  test('opens to the same bytes where it was no text', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(new Uint8Array(vault.open(vault.seal(bytes, 'body'), 'body'))).toEqual(bytes);
  });

  test('opens with the same data key in another process', () => {
    const again = createVault(Buffer.alloc(32, 1));
    expect(again.open(vault.seal(TEXT, 'body'), 'body').toString()).toBe(TEXT);
  });

  test('does not open with another data key', () => {
    const other = createVault(Buffer.alloc(32, 2));
    expect(() => other.open(vault.seal(TEXT, 'body'), 'body')).toThrow();
  });

  test('does not open as another kind', () => {
    expect(() => vault.open(vault.seal(TEXT, 'body'), 'notice')).toThrow();
  });

  test('does not open with any one of its bits flipped', () => {
    const sealed = Buffer.from(vault.seal('short', 'body'), 'base64');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const spoilt = Buffer.from(sealed);
      spoilt.writeUInt8(spoilt.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => vault.open(spoilt.toString('base64'), 'body')).toThrow();
    }
  });

  test.each([0, 1, 11, 12, 27, 28])('does not open cut to %i bytes', (length) => {
    const sealed = Buffer.from(vault.seal(TEXT, 'body'), 'base64');
    expect(() => vault.open(sealed.subarray(0, length).toString('base64'), 'body')).toThrow();
  });

  test('looks different each time', () => {
    const seals = Array.from({ length: 100 }, () => vault.seal(TEXT, 'body'));
    expect(new Set(seals).size).toBe(100);
  });

  test('does not show what it holds', () => {
    const sealed = Buffer.from(vault.seal(TEXT, 'body'), 'base64');
    expect(sealed.includes('13800138000')).toBe(false);
  });
});

describe('a hash', () => {
  test('is the same for the same text and kind', () => {
    const again = createVault(Buffer.alloc(32, 1));
    expect(again.hash(TEXT, 'owner')).toBe(vault.hash(TEXT, 'owner'));
  });

  test('differs by text, by kind and by data key', () => {
    const other = createVault(Buffer.alloc(32, 2));
    const hashes = [
      vault.hash(TEXT, 'owner'),
      vault.hash('李四', 'owner'),
      vault.hash(TEXT, 'digest'),
      other.hash(TEXT, 'owner'),
    ];
    expect(new Set(hashes).size).toBe(4);
  });
});
