import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readApiKeyFile } from '../../src/auth/api-key-file.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';

const SCRIPT = fileURLToPath(new URL('../../src/cli/key.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keys-'));
const file = join(folder, 'keys.json');
afterAll(() => rmSync(folder, { recursive: true }));

function make(...args: readonly string[]) {
  return new Promise<{ code: unknown; key: string; printed: string }>((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, key: stdout.trim(), printed: stderr });
    });
  });
}

test('a key is printed once and works; the file contains its hash, readable only by its owner', async () => {
  const scopes = ['--scopes', 'orders:read,orders:any'];
  const first = await make('--client', 'bff', ...scopes, '--file', file);
  const second = await make('--client', 'bff', ...scopes, '--file', file);
  const text = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const keys = readApiKeyFile(file);
  const entries = 'problems' in keys ? [] : keys;
  const ways = [{ kind: 'api-keys', file, keys: entries }] as const;
  const { authenticate } = createAuthenticator({ kind: 'required', ways }, collectLog().log);
  for (const { code, key, printed } of [first, second]) {
    expect(code).toBe(0);
    expect(authenticate(`Bearer ${key}`)).toMatchObject({ id: 'bff' });
    const [, secret = ''] = key.split('.');
    expect(secret).toHaveLength(43);
    expect(`${text}${printed}`).not.toContain(secret);
  }
});

test('a third valid key of a client is refused, and the file does not change', async () => {
  const before = readFileSync(file, 'utf8');
  const { code, printed } = await make(
    '--client',
    'bff',
    '--scopes',
    'schema:read',
    '--file',
    file,
  );
  expect({ code, printed }).toEqual({ code: 1, printed: expect.stringContaining('3 live keys') });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('an unknown scope, a missing client and an invalid file are refused', async () => {
  expect(await make('--client', 'a', '--scopes', 'orders:all')).toMatchObject({
    code: 1,
    key: '',
    printed: expect.stringContaining('orders:create'),
  });
  expect(await make('--scopes', 'orders:any')).toMatchObject({ code: 2, key: '' });
  writeFileSync(file, '{"one"');
  const damaged = await make('--client', 'a', '--scopes', 'orders:any', '--file', file);
  expect(damaged).toMatchObject({ code: 1, key: '', printed: expect.stringContaining(file) });
  expect(readFileSync(file, 'utf8')).toBe('{"one"');
});
