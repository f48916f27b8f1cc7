import { constants, createPublicKey, privateDecrypt, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { createMerchant, encrypt, type Merchant } from '../../../fixtures/sandbox/merchant.ts';
import { decrypted, startReceiver } from '../../../fixtures/sandbox/receiver.ts';
import { soon } from '../../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ notifyUrl: receiver.url });
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

function echo(body: object, serial = sandbox.credentials.WECHAT_PUBLIC_KEY_ID) {
  const headers = { 'wechatpay-serial': serial };
  return merchant.call('POST', '/v3/security/echo', { body: JSON.stringify(body), headers });
}

test('the test of signatures and encryption returns both messages, one of them for the certificate of the merchant', async () => {
  const { WECHAT_PUBLIC_KEY, WECHAT_MERCHANT_KEY, WECHAT_APIV3_KEY } = sandbox.credentials;
  const { status, json } = await echo({
    echo_message: 'hello',
    encrypted_echo_message: encrypt('保密', WECHAT_PUBLIC_KEY),
    notify_url: 'https://shop.example/n',
  });
  expect([status, json['echo_message']]).toEqual([200, 'hello']);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const cipher = Buffer.from(String(json['encrypted_echo_message']), 'base64');
  const plain = privateDecrypt({ key: WECHAT_MERCHANT_KEY, padding, oaepHash: 'sha1' }, cipher);
  expect(plain.toString()).toBe('保密');

  await soon(() => receiver.received.length).toBe(1);
  const [received] = receiver.received;
  expect(received?.json).toMatchObject({
    event_type: 'SECURITY_ECHO.SUCCESS',
    resource: { original_type: 'security' },
  });
  expect(received && decrypted(received, WECHAT_APIV3_KEY)).toMatchObject({
    echo_message: 'hello',
  });
});

test('without a notify_url no notification follows', async () => {
  const before = receiver.received.length;
  expect((await echo({ echo_message: 'a' })).json).toEqual({ echo_message: 'a' });
  await echo({ echo_message: 'b', notify_url: 'https://shop.example/n' });
  await soon(() => receiver.received.length).toBe(before + 1);
});

test('a message that another key has encrypted is refused, as is a call that names no key', async () => {
  const pem = (await merchant.control('GET', '/sandbox/platform-certificate')).text;
  const mixed = { echo_message: 'a', encrypted_echo_message: encrypt('b', pem) };
  expect((await echo(mixed)).json).toMatchObject({
    code: 'PARAM_ERROR',
    detail: { field: '/encrypted_echo_message' },
  });
  const headers = { 'wechatpay-serial': 'PUB_KEY_ID_0' };
  expect((await echo({ echo_message: 'a' }, headers['wechatpay-serial'])).status).toBe(400);
  const unnamed = await merchant.call('POST', '/v3/security/echo', { body: mixed });
  expect(unnamed.json).toMatchObject({ detail: { field: 'Wechatpay-Serial', issue: 'missing' } });
});

test('the certificate of the merchant has the serial number and the key that sign its calls', () => {
  const { credentials } = sandbox;
  const certificate = new X509Certificate(credentials['apiclient_cert.pem']);
  expect(certificate.serialNumber).toBe(credentials.WECHAT_MERCHANT_SERIAL);
  expect(certificate.subject).toContain(`CN=${credentials.WECHAT_MCHID}`);
  const own = createPublicKey(credentials.WECHAT_MERCHANT_KEY);
  expect(certificate.publicKey.equals(own)).toBe(true);
});
