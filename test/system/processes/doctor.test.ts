import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codeOf } from '../../../src/cli/doctor/finding.ts';
import type { Environment } from '../../../src/config/environment-reader.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { closedPort, serve } from '../../fixtures/http/http-server.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const script = fileURLToPath(new URL('../../../src/cli/doctor.ts', import.meta.url));
let sandbox: Sandbox;
let folder: string;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

interface Visit {
  readonly code: unknown;
  readonly text: string;
  readonly grades: readonly string[];
}

/** Runs it as a process of its own, as the merchant of the sandbox with these changes. */
function visit(changes: Environment = {}, credentials: Environment = { ...sandbox.credentials }) {
  const all = { DATABASE_URL: `sqlite:${join(folder, 'new', 'ledger.db')}`, ...credentials };
  const env = { ...all, ...changes };
  return new Promise<Visit>((resolve) => {
    execFile(process.execPath, [script], { cwd: folder, env }, (error, stdout) => {
      const grades = stdout
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 4).trim());
      resolve({ code: error?.code ?? 0, text: stdout, grades });
    });
  });
}

const orders = async () => (await fetch(`${sandbox.url}/sandbox/orders`)).json();

/** It starts a process for each. */
vi.setConfig({ testTimeout: 60_000 });

describe('the doctor', () => {
  test('the doctor finds nothing to fix for a configured merchant, and creates no order', async () => {
    const { code, text } = await visit({ DATA_KEY: Buffer.alloc(32, 7).toString('base64') });
    expect(text).not.toMatch(/warn|FAIL/);
    expect(text).toMatch(/ok {3}merchant: number, serial number and key match/);
    expect(text).toMatch(/ok {3}WECHAT_APIV3_KEY: decrypts/);
    expect(text).toMatch(/ok {3}echo: WeChat Pay accepted a signed body/);
    expect(code).toBe(0);
    expect(await orders()).toEqual([]);
  });

  test('the doctor says that the sandbox is used if nothing is set', async () => {
    const { code, text } = await visit({ DATABASE_URL: undefined }, {});
    expect(text).toMatch(/npm start uses the embedded sandbox/);
    expect(code).toBe(0);
  });

  test('the doctor reports every problem of the configuration together', async () => {
    const { code, text } = await visit({ WECHAT_MERCHANT_KEY: 'x', WECHAT_APIV3_KEY: 'x' });
    expect(text).toMatch(/FAIL configuration: WECHAT_MERCHANT_KEY is not a PEM/);
    expect(text).toMatch(/FAIL configuration: WECHAT_APIV3_KEY has 1 characters/);
    expect(code).toBe(1);
  });

  test.each<[string, () => Environment, RegExp]>([
    [
      'a merchant key of another certificate',
      () => ({ WECHAT_MERCHANT_KEY: rsaKeys().privatePem }),
      /FAIL merchant: WeChat Pay rejected the signature/,
    ],
    [
      'the same, where certificates are downloaded',
      () => ({
        WECHAT_MERCHANT_KEY: rsaKeys().privatePem,
        WECHAT_PUBLIC_KEY: undefined,
        WECHAT_PUBLIC_KEY_ID: undefined,
        WECHAT_PLATFORM_CERTIFICATES: 'auto',
      }),
      /FAIL platform certificates: WeChat Pay answered 401 SIGN_ERROR: check the merchant serial/,
    ],
    [
      'a public key that is not WeChat Pay’s',
      () => ({ WECHAT_PUBLIC_KEY: rsaKeys().publicPem }),
      /FAIL keys of WeChat Pay: The signature does not match/,
    ],
    [
      'another APIv3 key',
      () => ({ WECHAT_APIV3_KEY: 'k'.repeat(32) }),
      /FAIL WECHAT_APIV3_KEY: does not decrypt/,
    ],
  ])('the doctor finds %s', async (_, changes, line) => {
    const { code, text } = await visit(changes());
    expect(text).toMatch(line);
    expect(code).toBe(1);
  });

  test('the doctor finds that neither WeChat Pay nor the backup host responds', async () => {
    const url = await closedPort();
    const backup = await closedPort();
    const { code, text } = await visit({ WECHAT_BASE_URL: url, WECHAT_BACKUP_URL: backup });
    expect(text).toMatch(/FAIL WeChat Pay: http:\S+ cannot be reached \(ECONNREFUSED\)/);
    expect(text).toMatch(/warn backup: http:\S+ cannot be reached/);
    expect(code).toBe(1);
  });

  test('the doctor finds a clock that is off by ten minutes', async () => {
    await using stub = await serve((_, response) => {
      response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
      response.writeHead(404).end();
    });
    const { code, text } = await visit({ WECHAT_BASE_URL: stub.url });
    expect(text).toMatch(/FAIL clock: is (599|600|601) s behind WeChat Pay.*NTP/);
    expect(code).toBe(1);
  });

  test('the doctor finds a database of a newer version, and does not change a valid one', async () => {
    const path = join(folder, 'newer.db');
    const database = new DatabaseSync(path);
    database.exec(
      'create table schema_version (version integer); insert into schema_version values (99)',
    );
    const { code, text } = await visit({ DATABASE_URL: `sqlite:${path}` });
    expect(text).toMatch(/FAIL database: The database has schema version 99/);
    expect(code).toBe(1);
    database.exec('update schema_version set version = 0');
    const fine = await visit({ DATABASE_URL: `sqlite:${path}` });
    expect(fine.text).toMatch(/ok {3}database: .* opens and can be written/);
    const tables = database.prepare('select name from sqlite_master').all();
    expect(tables).toEqual([{ name: 'schema_version' }]);
    database.close();
  });
});

test('the doctor names a timeout by its name', () => {
  const timeout = new DOMException('The operation was aborted.', 'TimeoutError');
  expect(codeOf(new TypeError('fetch failed', { cause: timeout }))).toBe('TimeoutError');
});

test('the doctor never shows a key', async () => {
  const { text } = await visit({ WECHAT_APIV3_KEY: 'k'.repeat(32) });
  for (const secret of [sandbox.credentials.WECHAT_APIV2_KEY, 'k'.repeat(32), 'PRIVATE KEY']) {
    expect(text).not.toContain(secret);
  }
});
