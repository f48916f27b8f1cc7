import { type KeyObject, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { isUsable, type PlatformKeys, platformKeys } from '../../../src/wechat/crypto/signature.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';

const NOW = Date.now();
const DAY_MS = 86_400_000;
const OLDER = '4A00000000000000000000000000000000000001';
const NEWER = '4B00000000000000000000000000000000000002';
const one = rsaKeys();
const other = rsaKeys();
const older = new X509Certificate(certificateOf(one, OLDER, NOW - 30 * DAY_MS));
const newer = new X509Certificate(certificateOf(other, NEWER, NOW - DAY_MS));
const publicKey = { serial: 'PUB_KEY_ID_01', key: rsaKeys().publicKey };

const finds = (keys: PlatformKeys, serial: string, key: KeyObject) => {
  const found = keys.find(serial, NOW);
  return isUsable(found) && found.equals(key);
};

test('a serial is found in upper and lower case', () => {
  const keys = platformKeys(publicKey, [older, newer]);
  expect(finds(keys, OLDER, one.publicKey)).toBe(true);
  expect(finds(keys, OLDER.toLowerCase(), one.publicKey)).toBe(true);
  expect(finds(keys, 'pub_key_id_01', publicKey.key)).toBe(true);
  expect(keys.find('PUB_KEY_ID_02', NOW)).toBeUndefined();
});

test('the newest valid certificate is preferred, in whatever order they come', () => {
  expect(platformKeys(undefined, [older, newer]).preferred(NOW)?.serial).toBe(NEWER);
  expect(platformKeys(undefined, [newer, older]).preferred(NOW)?.serial).toBe(NEWER);
});

test('the validity of a certificate is judged at each use, not when it was read', () => {
  const keys = platformKeys(undefined, [older, newer]);
  const at = (now: number) => [
    keys.preferred(now)?.serial,
    ...[OLDER, NEWER].map((serial) => {
      const found = keys.find(serial, now);
      return isUsable(found) ? 'valid' : found;
    }),
  ];
  const [from, until] = [newer.validFromDate.getTime(), newer.validToDate.getTime()];
  const early = 'not-yet-valid-certificate';
  const late = 'expired-certificate';
  expect(at(older.validFromDate.getTime() - 1)).toEqual([undefined, early, early]);
  expect(at(from - 1)).toEqual([OLDER, 'valid', early]);
  expect(at(from)).toEqual([NEWER, 'valid', 'valid']);
  expect(at(older.validToDate.getTime())).toEqual([NEWER, late, 'valid']);
  expect(at(until - 1)).toEqual([NEWER, late, 'valid']);
  expect(at(until)).toEqual([undefined, late, late]);
});

test('the public key does not expire', () => {
  const keys = platformKeys(publicKey, [older]);
  const later = older.validToDate.getTime();
  expect(keys.preferred(later)).toBe(publicKey);
  expect(keys.find(publicKey.serial, later)).toBe(publicKey.key);
});

test('the public key is preferred to every certificate, and all of them remain valid', () => {
  const keys = platformKeys(publicKey, [older, newer]);
  expect(keys.preferred(NOW)).toBe(publicKey);
  expect(finds(keys, NEWER, other.publicKey)).toBe(true);
});

test('without any key none is preferred', () => {
  expect(platformKeys(undefined, []).preferred(NOW)).toBeUndefined();
});
