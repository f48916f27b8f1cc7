import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  createMerchant,
  isSignedBy,
  type Merchant,
  ORDERS,
} from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const ORDER = `${ORDERS}?service_id=500001&appid=wxd678efh567hg6787&out_order_no=NOBODY`;
const CERTIFICATES = '/v3/certificates';

interface Key {
  readonly name: string;
  readonly serial: string;
  readonly pem: string;
}

let sandbox: Sandbox;
let merchant: Merchant;
let keys: readonly Key[];

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createMerchant(sandbox.credentials);
  const { WECHAT_PUBLIC_KEY_ID: serial, WECHAT_PUBLIC_KEY: pem } = sandbox.credentials;
  const older = await certificate('older certificate');
  await merchant.control('POST', '/sandbox/platform-certificate');
  keys = [{ name: 'public key', serial, pem }, older, await certificate('newest certificate')];
});
afterAll(() => sandbox.close());

async function certificate(name: string): Promise<Key> {
  const { text: pem } = await merchant.control('GET', '/sandbox/platform-certificate');
  return { name, serial: new X509Certificate(pem).serialNumber, pem };
}

/** The key that signs the answer to a call; `named` is a key's name, `nothing` or `unknown`. */
async function signerOf(target: string, named: string): Promise<string | undefined> {
  const serial = keys.find(({ name }) => name === named)?.serial ?? 'F'.repeat(40);
  const headers = named === 'nothing' ? {} : { 'Wechatpay-Serial': serial };
  const reply = await merchant.call('GET', target, { headers });
  const signer = keys.find(({ pem }) => isSignedBy(reply, pem));
  expect(reply.headers.get('wechatpay-serial')).toBe(signer?.serial);
  return signer?.name;
}

const rules = (change: object) => merchant.control('POST', '/sandbox/rules', change);

test.each(['public key', 'newest certificate', 'older certificate'])(
  'the %s signs the answer to a call that names it, the certificates too',
  async (named) => {
    expect(await signerOf(ORDER, named)).toBe(named);
    expect(await signerOf(CERTIFICATES, named)).toBe(named);
  },
);

describe.each(['nothing', 'unknown'])('a call whose Wechatpay-Serial names: %s', (named) => {
  test('it is answered under the public key, which the credentials contain', async () => {
    expect(await signerOf(ORDER, named)).toBe('public key');
  });

  test('it gets the certificates signed by the newest of them', async () => {
    expect(await signerOf(CERTIFICATES, named)).toBe('newest certificate');
  });

  test('it is answered under the newest certificate for a merchant of the certificate mode', async () => {
    await rules({ answersSignedBy: 'certificate' });
    const signer = await signerOf(ORDER, named);
    await rules({ answersSignedBy: 'public-key' });
    expect(signer).toBe('newest certificate');
  });
});

test('the public key signs every answer to a merchant without certificates', async () => {
  await rules({ certificates: 'none', answersSignedBy: 'certificate' });
  const signers = await Promise.all(
    ['nothing', 'newest certificate'].flatMap((named) => [
      signerOf(ORDER, named),
      signerOf(CERTIFICATES, named),
    ]),
  );
  await rules({ certificates: 'served', answersSignedBy: 'public-key' });
  expect([...new Set(signers)]).toEqual(['public key']);
});
