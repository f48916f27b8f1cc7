import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseApiKeys } from '../../src/auth/api-key-file.ts';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import { createCountedLog } from '../../src/observability/log.ts';
import { ISSUER, type Issuer, nowS, startIssuer } from '../fixtures/app/callers.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';

const SECRET = 'x'.repeat(43);
const entry = { client: 'bff', sha256: hash('sha256', SECRET), scopes: ['schema:read'] };
const file = { one: entry, old: { ...entry, client: 'b2', expires: '2020-01-01T00:00:00Z' } };

let issuer: Issuer;
let authenticator: Authenticator;
const { log, entries, text, clear } = collectLog();
beforeAll(async () => {
  issuer = await startIssuer();
});
beforeEach(() => {
  clear();
  const keys = parseApiKeys(JSON.stringify(file), Date.now());
  authenticator = createAuthenticator(
    {
      kind: 'required',
      ways: [
        { kind: 'api-keys', file: '', keys: 'problems' in keys ? [] : keys },
        { kind: 'jwt', ...issuer.options },
      ],
    },
    log,
    createCountedLog(log),
  );
});
afterAll(async () => {
  vi.useRealTimers();
  await issuer.close();
});

test.each<[string, object, () => Promise<string> | string]>([
  ['an audience', { why: 'aud' }, () => issuer.token({ aud: 'another' })],
  ['an issuer', { why: 'iss' }, () => issuer.token({ iss: 'https://evil.example' })],
  ['a slash', { why: 'iss-but-for-a-slash' }, () => issuer.token({ iss: `${ISSUER}/` })],
  ['an age', { why: 'exp' }, () => issuer.token({ exp: nowS() - 61 })],
  ['a token that has no end', { why: 'exp' }, () => issuer.token({ exp: undefined })],
  ['a time to come', { why: 'nbf' }, () => issuer.token({ nbf: nowS() + 120 })],
  ['a key id', { why: 'kid' }, () => issuer.token({}, { kid: 'Zhang' })],
  [
    'a signature',
    { why: 'signature' },
    async () => `${(await issuer.token()).split('.', 2).join('.')}.AAAA`,
  ],
  ['a form', { why: 'malformed' }, () => 'a.b.c'],
  ['another scheme', { why: 'no-bearer' }, () => ' '],
  ['an unknown API key', { why: 'unknown-key' }, () => `Zhang.${SECRET}`],
  ['a wrong secret', { why: 'wrong-secret', keyId: 'one' }, () => 'one.Zhang'],
  ['an expired API key', { why: 'expired-key', keyId: 'old' }, () => `old.${SECRET}`],
])(
  'a credential that is refused for %s leaves a line that says so',
  async (_, line, credential) => {
    const token = await credential();
    expect(await authenticator.authenticate(`Bearer ${token}`)).toBe('refused');
    expect(entries()).toMatchObject([{ level: 'warn', msg: 'credential refused', ...line }]);
    expect(text()).not.toMatch(/Zhang|evil|another|xxxx/);
    expect(text()).not.toContain(token.trim() || 'nothing');
  },
);

test('a request without a credential is not logged', async () => {
  await authenticator.authenticate(null);
  await authenticator.authenticate(undefined);
  expect(entries()).toEqual([]);
});

test('10,000 refused credentials of one kind are two log lines in the first minute, with their count', async () => {
  vi.useFakeTimers();
  for (let sent = 0; sent < 10_000; sent += 1) {
    await authenticator.authenticate('Bearer one.Zhang');
  }
  vi.advanceTimersByTime(60_000);
  expect(entries().map((line) => at(line, 'count'))).toEqual([undefined, 9_999]);
});
