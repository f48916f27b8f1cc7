import { describe, expect, test } from 'vitest';
import type { WechatPayOptions } from '../../src/wechat/options.ts';
import { certificateOf, ecKeys, weakRsaKeys } from '../fixtures/wechat/keys.ts';
import { MERCHANT_SERIAL } from '../fixtures/wechat/orders.ts';
import {
  apiv3Key,
  firstLine,
  merchant,
  merchantCertificate,
  onOneLine,
  PLATFORM_SERIAL,
  platformCertificate,
  problems,
  wechat,
} from '../fixtures/wechat/valid-options.ts';

const weak = weakRsaKeys();
const elliptic = ecKeys();
const only = (start: string) => [expect.stringMatching(new RegExp(`^${start}`))];

test('everything that is missing is named in one error', () => {
  const nothing = { publicKey: undefined, publicKeyId: undefined, platformCertificates: undefined };
  expect(problems({ ...nothing, mchid: '', merchantSerial: '', merchantKey: '' })).toEqual([
    'mchid is missing: expected the merchant number, digits only.',
    'merchantKey is missing: a PEM that begins with -----BEGIN PRIVATE KEY-----.',
    expect.stringMatching(/^merchantSerial is missing: expected the serial number of the merchant/),
    expect.stringMatching(/^publicKey is missing, and there are no platform certificates/),
  ]);
});

test.each([
  ['with colons, as browsers show it', (serial: string) => serial.replaceAll(/..(?!$)/g, '$&:')],
  ['as openssl x509 -serial prints it', (serial: string) => `serial=${serial}`],
  ['in hex with its mark', (serial: string) => `0x${serial.toLowerCase()}`],
])('a serial number %s is read', (_, written) => {
  expect(problems({ merchantSerial: written(MERCHANT_SERIAL) })).toEqual([]);
});

test('of a chain of certificates the one of the merchant key counts', () => {
  const chain = `${certificateOf(wechat, PLATFORM_SERIAL)}${merchantCertificate}`;
  expect(problems({ merchantSerial: chain })).toEqual([]);
});

describe('one thing is wrong, and only it is named:', () => {
  test.each<[string, Partial<WechatPayOptions>, string]>([
    ['a merchant number with a letter', { mchid: '12300001O9' }, 'mchid is invalid'],
    [
      'a PEM of one line',
      { merchantKey: firstLine(merchant.privatePem) },
      'merchantKey is cut off',
    ],
    [
      'a public key of one line',
      { publicKey: firstLine(wechat.publicPem) },
      'publicKey is cut off',
    ],
    ['a path', { merchantKey: '/run/secrets/apiclient_key.pem' }, 'merchantKey is a path'],
    ['a file name', { publicKey: 'pub_key.pem' }, 'publicKey is a path'],
    ['no PEM', { merchantKey: 'hunter2' }, 'merchantKey is not a PEM'],
    [
      'a certificate in place of a private key',
      { merchantKey: merchantCertificate },
      'merchantKey contains a CERTIFICATE; expected a PRIVATE KEY',
    ],
    [
      'a certificate in place of a public key',
      { publicKey: platformCertificate },
      'publicKey contains a CERTIFICATE; expected a PUBLIC KEY',
    ],
    [
      'a key in place of a certificate',
      { platformCertificates: wechat.publicPem },
      'platformCertificates contains a PUBLIC KEY; expected a CERTIFICATE',
    ],
    [
      'a public key in place of the private one',
      { merchantKey: merchant.publicPem },
      'merchantKey contains a PUBLIC KEY; expected a PRIVATE KEY',
    ],
    ['an EC key', { merchantKey: elliptic.privatePem }, 'merchantKey must be an RSA key'],
    ['an EC public key', { publicKey: elliptic.publicPem }, 'publicKey must be an RSA key'],
    [
      'a key of 1024 bits',
      { merchantKey: weak.privatePem },
      'merchantKey must be an RSA key of 2048',
    ],
    ['a damaged key', { merchantKey: damaged(merchant.privatePem) }, 'merchantKey is damaged'],
    [
      'a second certificate without its end',
      { platformCertificates: `${platformCertificate}-----BEGIN CERTIFICATE-----\nMIIB` },
      'platformCertificates is cut off',
    ],
    ['an APIv3 key of 31', { apiv3Key: apiv3Key.slice(1) }, 'apiv3Key has 31 characters'],
    ['an APIv3 key of 33', { apiv3Key: `${apiv3Key} ` }, 'apiv3Key has 33 characters'],
    ['a key without its id', { publicKeyId: undefined }, 'publicKeyId is missing'],
    ['an id without its key', { publicKey: undefined }, 'publicKey is missing: set the PEM'],
    ['a serial as id', { publicKeyId: PLATFORM_SERIAL }, 'publicKeyId is not the id'],
    [
      'own public key',
      { publicKey: merchant.publicPem },
      'publicKey is the public key of the merchant',
    ],
    [
      'the serial of a platform certificate',
      { merchantSerial: PLATFORM_SERIAL.toLowerCase() },
      'merchantSerial is the serial number of a platform certificate',
    ],
    [
      'a certificate of another key',
      { merchantSerial: certificateOf(wechat, MERCHANT_SERIAL) },
      'merchantSerial is a certificate that does not match the merchant key',
    ],
    ['a serial of other letters', { merchantSerial: 'PUB_KEY_ID_01' }, 'merchantSerial is invalid'],
    ['plain http', { baseUrl: 'http://api.mch.weixin.qq.com' }, 'baseUrl must begin with https'],
    [
      'http to a false loopback',
      { baseUrl: 'http://127.0.0.1.evil.example' },
      'baseUrl must begin',
    ],
    ['the path of a call', { baseUrl: 'https://example.com/pay/v3' }, 'baseUrl ends in /v3'],
    ['a query in the URL', { baseUrl: 'https://example.com/?a=b' }, 'baseUrl is not a base URL'],
    ['a password in the URL', { baseUrl: 'https://a:b@example.com' }, 'baseUrl is not a base URL'],
    ['no URL', { baseUrl: 'api.mch.weixin.qq.com' }, 'baseUrl is not a base URL'],
    ['another scheme', { baseUrl: 'ftp://127.0.0.1/' }, 'baseUrl is not a base URL'],
    ['too short a time-out', { timeoutMs: 99 }, 'timeoutMs must be a whole number'],
    ['too long a time-out', { timeoutMs: 60_001 }, 'timeoutMs must be a whole number'],
    ['half a millisecond', { timeoutMs: 100.5 }, 'timeoutMs must be a whole number'],
    ['no number', { timeoutMs: Number.NaN }, 'timeoutMs must be a whole number'],
  ])('%s', (_, changes, start) => {
    expect(problems(changes)).toEqual(only(start));
  });
});

test('no problem quotes what was given', () => {
  const line = merchant.privatePem.split('\n')[3] ?? '';
  const given: readonly Partial<WechatPayOptions>[] = [
    { merchantKey: line, publicKey: line, platformCertificates: line },
    { merchantKey: damaged(merchant.privatePem), publicKey: damaged(wechat.publicPem) },
    { merchantKey: onOneLine(merchant.privatePem).slice(0, 400) },
    { merchantSerial: merchant.privatePem, mchid: merchant.privatePem },
    { publicKeyId: merchant.privatePem, apiv3Key: apiv3Key.slice(1) },
    { baseUrl: `https://user:${apiv3Key}@example.com/${line}` },
  ];
  for (const changes of given) {
    const text = problems(changes).join('\n');
    expect(text).not.toBe('');
    for (const secret of [...merchant.privatePem.split('\n'), apiv3Key.slice(1), 'user:']) {
      if (secret.length > 4 && !secret.startsWith('-----')) {
        expect(text).not.toContain(secret);
      }
    }
  }
});

/** The same lines, with letters in the middle that are no longer a key. */
function damaged(pem: string): string {
  const lines = pem.split('\n');
  return lines
    .map((line, index) => (index === 1 ? line.replace(/^.{8}/, 'AAAAAAAA') : line))
    .join('\n');
}
