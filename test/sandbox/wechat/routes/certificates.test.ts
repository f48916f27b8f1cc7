import { createDecipheriv, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { createMerchant, isSignedBy, type Merchant } from '../../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let pem: string;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
  pem = (await merchant.control('GET', '/sandbox/platform-certificate')).text;
});
afterAll(() => sandbox.close());

const download = (query = '') => merchant.call('GET', `/v3/certificates${query}`);

test('the certificate is decrypted with the APIv3 key, and signs its own response', async () => {
  const reply = await download('?algorithm_type=RSA');
  const certificate = new X509Certificate(pem);
  expect(reply.json).toEqual({
    data: [
      {
        serial_no: certificate.serialNumber,
        effective_time: expect.stringMatching(/^20.{17}\+08:00$/),
        expire_time: expect.stringMatching(/^20.{17}\+08:00$/),
        encrypt_certificate: {
          algorithm: 'AEAD_AES_256_GCM',
          nonce: expect.stringMatching(/^.{12}$/),
          associated_data: 'certificate',
          ciphertext: expect.any(String),
        },
      },
    ],
  });
  expect(unseal(reply.text)).toBe(pem);
  expect(isSignedBy(reply, pem)).toBe(true);
});

test('the certificate is valid for five years, and its serial has one form', () => {
  const { validFrom, validTo, serialNumber } = new X509Certificate(pem);
  const years = new Date(validTo).getUTCFullYear() - new Date(validFrom).getUTCFullYear();
  expect(years).toBe(5);
  expect(serialNumber).toMatch(/^[0-9A-F]{40}$/);
});

test('a certificate of another algorithm is 404', async () => {
  expect((await download('?algorithm_type=SM2')).status).toBe(404);
  expect((await download('?algorithm_type=DSA')).status).toBe(400);
});

test('a merchant of public key mode only has no certificate, and the public key signs', async () => {
  await merchant.control('POST', '/sandbox/rules', { certificates: 'none' });
  const reply = await download();
  const created = await merchant.create();
  await merchant.control('POST', '/sandbox/rules', { certificates: 'served' });
  expect([reply.status, reply.json['code']]).toEqual([404, 'RESOURCE_NOT_EXISTS']);
  expect(isSignedBy(created, sandbox.credentials.WECHAT_PUBLIC_KEY)).toBe(true);
});

function unseal(text: string): string {
  const [sealed] = JSON.parse(text).data;
  const { nonce, ciphertext, associated_data: data } = sealed.encrypt_certificate;
  const bytes = Buffer.from(ciphertext, 'base64');
  const key = Buffer.from(sandbox.credentials.WECHAT_APIV3_KEY);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce));
  decipher.setAAD(Buffer.from(data)).setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8');
}
