import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../src/wechat/index.ts';
import type { WechatPayOptions } from '../../src/wechat/options.ts';
import { MERCHANT_SERIAL } from '../fixtures/wechat/orders.ts';
import {
  merchant,
  merchantCertificate,
  onOneLine,
  platformCertificate,
  problems,
  RIGHT,
  wechat,
} from '../fixtures/wechat/valid-options.ts';

describe('options are right', () => {
  test.each<[string, Partial<WechatPayOptions>]>([
    ['with a public key and certificates side by side', {}],
    ['with a public key only', { platformCertificates: undefined }],
    ['with certificates only', { publicKey: undefined, publicKeyId: undefined }],
    ['without an APIv3 key', { apiv3Key: undefined }],
    ['with a PEM on one line', { merchantKey: onOneLine(merchant.privatePem) }],
    ['with a public key on one line', { publicKey: onOneLine(wechat.publicPem) }],
    ['with certificates on one line', { platformCertificates: onOneLine(platformCertificate) }],
    ['with blanks around a PEM', { merchantKey: `\n ${merchant.privatePem} \n` }],
    ['with a serial in lower case', { merchantSerial: MERCHANT_SERIAL.toLowerCase() }],
    ['over plain http to loopback', { baseUrl: 'http://127.0.0.1:8080' }],
    ['over plain http to localhost', { baseUrl: 'http://localhost:8080/' }],
    ['over plain http to loopback of IPv6', { baseUrl: 'http://[::1]:8080' }],
    ['with the shortest time-out', { timeoutMs: 100 }],
    ['with the longest time-out', { timeoutMs: 60_000 }],
  ])('%s', (_, changes) => {
    expect(problems(changes)).toEqual([]);
  });

  test('options may have the certificate of the merchant in place of its serial', () => {
    const options = { ...RIGHT, merchantSerial: merchantCertificate };
    expect(checkOptions(options).credential.serial).toBe(MERCHANT_SERIAL);
  });

  test('a serial number is normalized to the form of WeChat Pay', () => {
    const options = { ...RIGHT, merchantSerial: MERCHANT_SERIAL.toLowerCase() };
    expect(checkOptions(options).credential.serial).toBe(MERCHANT_SERIAL);
  });

  test('by default calls go to the host of WeChat Pay, for at most 8 s', () => {
    const { baseUrl, budgetMs } = checkOptions(RIGHT);
    expect([baseUrl, budgetMs]).toEqual(['https://api.mch.weixin.qq.com', 8_000]);
  });
});
