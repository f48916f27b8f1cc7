import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { read, snippets } from '../fixtures/docs/documents.ts';
import { knownVariables } from '../fixtures/docs/variables.ts';
import { rsaKeys } from '../fixtures/wechat/keys.ts';

const API_KEY = { client: 'bff', sha256: '0'.repeat(64), scopes: ['orders:any'] };

const examples = snippets.filter(({ language }) => language === 'env').map(({ code }) => code);

test.each(examples)(
  'the configuration for production is accepted, with keys in its files: %#',
  (example) => {
    const folder = mkdtempSync(join(tmpdir(), 'readme-'));
    const merchant = rsaKeys();
    const wechat = rsaKeys();
    const files = new Map([
      ['apiclient_cert.pem', '275C0163BD947338007EFACC6964ADE9CA5E767A'],
      ['apiclient_key.pem', merchant.privateKey.export({ type: 'pkcs8', format: 'pem' })],
      ['pub_key.pem', wechat.publicKey.export({ type: 'spki', format: 'pem' })],
      ['pub_key_id', 'PUB_KEY_ID_0119000000012024010100000000000000'],
      ['data_key', randomBytes(32).toString('base64')],
      ['apiv3_key', randomBytes(16).toString('hex')],
      ['apiv2_key', randomBytes(16).toString('hex')],
      ['keys.json', JSON.stringify({ one: API_KEY })],
    ]);
    for (const [name, content] of files) {
      writeFileSync(join(folder, name), content);
    }
    const local = Object.entries(parseEnv(example)).map(([name, value]) => [
      name,
      value?.replace('/etc/payafter', folder),
    ]);
    const config = loadConfig(Object.fromEntries(local));
    rmSync(folder, { recursive: true, force: true });
    expect(config).toMatchObject({
      production: true,
      port: 4000,
      authentication: { kind: 'required', ways: [{ kind: 'api-keys' }] },
      graphiql: false,
      databaseUrl: 'sqlite:/var/lib/payafter/payafter.db',
      dataKey: expect.any(Buffer),
      apiv2Key: expect.any(String),
      upstream: {
        kind: 'merchant',
        options: { mchid: '1900000001', apiv3Key: expect.any(String) },
      },
    });
  },
);

test('.env.example names every variable that is read, and no other', () => {
  const example = read('.env.example');
  const named = [...example.matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
  expect(named.toSorted()).toEqual(knownVariables());
  expect(parseEnv(example), 'copied, it changes nothing').toEqual({});
});
