import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { at } from '../../fixtures/json.ts';
import { startServer } from '../../fixtures/process/server-process.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

let sandbox: Sandbox;
let folder: string;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

test('SIGHUP reloads the key files, and invalid ones are reported while the previous keys stay in use', async () => {
  const { WECHAT_MERCHANT_KEY, WECHAT_APIV3_KEY } = sandbox.credentials;
  const keyFile = join(folder, 'apiclient_key.pem');
  const apiv3File = join(folder, 'apiv3_key');
  writeFileSync(keyFile, rsaKeys().privatePem);
  writeFileSync(apiv3File, WECHAT_APIV3_KEY);
  const server = await startServer(sandbox, {
    WECHAT_MERCHANT_KEY: undefined,
    WECHAT_MERCHANT_KEY_FILE: keyFile,
    WECHAT_APIV3_KEY: undefined,
    WECHAT_APIV3_KEY_FILE: apiv3File,
    DATABASE_URL: 'sqlite::memory:',
  });
  const reread = async (count: number) => {
    server.kill('SIGHUP');
    const lines = () => server.lines().filter((line) => /^SIGHUP/.test(String(at(line, 'msg'))));
    await expect.poll(() => lines().length, { timeout: 10_000 }).toBe(count);
    return lines().at(-1);
  };
  expect(await server.create()).toMatchObject({ wechatCode: 'SIGN_ERROR' });

  writeFileSync(keyFile, WECHAT_MERCHANT_KEY);
  expect(await reread(1)).toMatchObject({ level: 'info', read: ['keys', 'API keys', 'JWKS_URL'] });
  expect(await server.create()).toMatchObject({ __typename: 'CreatePayAfterOrderPayload' });

  writeFileSync(keyFile, rsaKeys().privatePem);
  const refused = await reread(2);
  expect(refused).toMatchObject({ level: 'error', read: ['API keys', 'JWKS_URL'] });
  expect(String(at(refused, 'problems', 0))).toMatch(/^keys: the new keys were refused: .*\(401\)/);
  expect(await server.create()).toMatchObject({ __typename: 'CreatePayAfterOrderPayload' });

  writeFileSync(keyFile, 'torn');
  writeFileSync(apiv3File, 'short');
  const line = await reread(3);
  expect(line).toMatchObject({ level: 'error', read: ['API keys', 'JWKS_URL'] });
  expect(String(at(line, 'problems', 0))).toMatch(
    /WECHAT_MERCHANT_KEY is not a PEM.*WECHAT_APIV3_KEY has 5 characters/s,
  );
  expect(JSON.stringify(line)).not.toMatch(/torn|Can't start/);
  expect(await server.create()).toMatchObject({ __typename: 'CreatePayAfterOrderPayload' });
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('without a key of WeChat Pay the server starts, and reports what is missing', async () => {
  await fetch(`${sandbox.url}/sandbox/rules`, {
    method: 'POST',
    body: JSON.stringify({ certificates: 'none' }),
  });
  const server = await startServer(sandbox, {
    WECHAT_PUBLIC_KEY_ID: undefined,
    WECHAT_PUBLIC_KEY: undefined,
    WECHAT_PLATFORM_CERTIFICATES: 'auto',
    DATABASE_URL: 'sqlite::memory:',
  });
  expect(await server.logged('problem')).toMatch(/no platform certificates/);
  expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  expect(await server.create()).toMatchObject({ __typename: 'WechatUnavailableError' });
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});
