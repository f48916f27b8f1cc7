import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { platformKeys } from '../../src/wechat/platform-keys.ts';
import { certificateOf, rsaKeys } from './keys.ts';

const DAY_MS = 86_400_000;
const OLDER = '4A00000000000000000000000000000000000001';
const NEWER = '4B00000000000000000000000000000000000002';
const one = rsaKeys();
const other = rsaKeys();
const older = new X509Certificate(certificateOf(one, OLDER, Date.now() - 30 * DAY_MS));
const newer = new X509Certificate(certificateOf(other, NEWER, Date.now() - DAY_MS));
const publicKey = { serial: 'PUB_KEY_ID_01', key: rsaKeys().publicKey };

test('a serial is found in whatever case it is written', () => {
  const keys = platformKeys(publicKey, [older, newer], Date.now());
  expect(keys?.find(OLDER)?.equals(one.publicKey)).toBe(true);
  expect(keys?.find(OLDER.toLowerCase())?.equals(one.publicKey)).toBe(true);
  expect(keys?.find('pub_key_id_01')?.equals(publicKey.key)).toBe(true);
  expect(keys?.find('PUB_KEY_ID_02')).toBeUndefined();
});

test('the newest certificate is preferred, in whatever order they come', () => {
  expect(platformKeys(undefined, [older, newer], Date.now())?.preferred.serial).toBe(NEWER);
  expect(platformKeys(undefined, [newer, older], Date.now())?.preferred.serial).toBe(NEWER);
});

test('a certificate that is not valid yet, or no longer, is preferred to none alone', () => {
  const at = (now: number) => platformKeys(undefined, [older, newer], now)?.preferred.serial;
  expect(at(Date.now() - 2 * DAY_MS)).toBe(OLDER);
  expect(at(Date.now() + 20 * 365 * DAY_MS)).toBe(NEWER);
});

test('the public key is preferred to every certificate, and all of them stay', () => {
  const keys = platformKeys(publicKey, [older, newer], Date.now());
  expect(keys?.preferred).toEqual(publicKey);
  expect(keys?.find(NEWER)?.equals(other.publicKey)).toBe(true);
});

test('without any key there are none', () => {
  expect(platformKeys(undefined, [], Date.now())).toBeUndefined();
});
