import { hash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ApiKeyEntry, parseApiKeys, readApiKeyFile } from '../../src/auth/api-key-file.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';

const NOW = Date.parse('2026-11-24T00:00:00Z');
const SECRET = 'x'.repeat(43);
const entry = (changes: object = {}) => ({
  client: 'bff',
  sha256: hash('sha256', SECRET),
  scopes: ['orders:read', 'orders:any'],
  ...changes,
});
const path = join(tmpdir(), `api-keys-${process.pid}.json`);
const write = (file: object) => writeFileSync(path, JSON.stringify(file));
afterAll(() => rmSync(path, { force: true }));

function opened(file: object) {
  write(file);
  const keys = readApiKeyFile(path);
  const { log, ...lines } = collectLog();
  const list: readonly ApiKeyEntry[] = 'problems' in keys ? [] : keys;
  const way = { kind: 'api-keys' as const, file: path, keys: list };
  return { lines, ...createAuthenticator({ kind: 'required', ways: [way] }, log) };
}

test('an API key is an id with a secret, and identifies its client', () => {
  const { authenticate } = opened({ one: entry(), two: entry({ scopes: ['schema:read'] }) });
  expect(authenticate(`Bearer one.${SECRET}`)).toMatchObject({ id: 'bff', openid: null });
  expect(authenticate(`bearer two.${SECRET}`)).toMatchObject({ scopes: new Set(['schema:read']) });
});

test('the hash of an API key may be in hex or in Base64url', () => {
  const sha256 = hash('sha256', SECRET, 'base64url');
  const { authenticate } = opened({ one: entry({ sha256 }) });
  expect(authenticate(`Bearer one.${SECRET}`)).toMatchObject({ id: 'bff' });
});

test.each([
  undefined,
  null,
  7,
  {},
  '',
  'Bearer',
  'Bearer ',
  `Bearer one`,
  `Bearer one.`,
  `Bearer .${SECRET}`,
  `Bearer one.${SECRET}x`,
  `Bearer two.${SECRET}`,
  `Bearer ended.${SECRET}`,
  `Bearer __proto__.${SECRET}`,
  `Basic one.${SECRET}`,
  `one.${SECRET}`,
  `Bearer one.${SECRET} more`,
  `Bearer one.${hash('sha256', SECRET)}`,
  `Bearer a.b.c`,
  `Bearer one.${'y'.repeat(9_000)}`,
])('any other credential is refused: %j', (authorization) => {
  const ended = entry({ expires: '2020-01-01T00:00:00Z' });
  expect(opened({ one: entry(), ended }).authenticate(authorization)).toBe('refused');
});

test('after a reload new API keys are accepted, and removed ones are revoked', () => {
  const { authenticate, reload } = opened({ one: entry(), two: entry() });
  const one = authenticate(`Bearer one.${SECRET}`);
  const two = authenticate(`Bearer two.${SECRET}`);
  write({ two: entry(), three: entry() });
  reload();
  expect(authenticate(`Bearer one.${SECRET}`)).toBe('refused');
  expect(authenticate(`Bearer two.${SECRET}`)).toBe(two);
  expect(authenticate(`Bearer three.${SECRET}`)).toMatchObject({ id: 'bff' });
  expect([one, two].map((caller) => at(caller, 'revoked', 'aborted'))).toEqual([true, false]);
});

test('an invalid key file leaves the previous keys in use, and the log says why', () => {
  const { authenticate, reload, lines } = opened({ one: entry() });
  write({ one: entry({ scopes: ['orders:everything'] }) });
  reload();
  expect(authenticate(`Bearer one.${SECRET}`)).toMatchObject({ id: 'bff' });
  expect(lines.text()).toMatch(/scopes must be a list.*API_KEYS_FILE is invalid/);
  expect(lines.text()).not.toContain('orders:everything');
});

test('all problems of a key file are reported together, without its content', () => {
  const file = {
    'bad id': entry(),
    hash: entry({ client: 'a', sha256: 'secret-in-the-clear' }),
    scope: entry({ client: 'b', scopes: ['orders:everything'] }),
    none: entry({ client: 'c', scopes: [] }),
    time: entry({ client: 'd', expires: 'tomorrow' }),
    client: entry({ client: '' }),
    more: entry({ client: 'e', secret: 'secret-in-the-clear' }),
    text: 'secret-in-the-clear',
  };
  const read = parseApiKeys(JSON.stringify(file), NOW);
  const problems = 'problems' in read ? read.problems : [];
  expect(problems.map((problem) => /^has a key ([\w ]+): /.exec(problem)?.[1])).toEqual([
    'number 1',
    'hash',
    'scope',
    'none',
    'time',
    'client',
    'more',
    'text',
  ]);
  expect(problems.join('\n')).not.toMatch(/secret-in-the-clear|everything|tomorrow|bad id/);
});

test.each(['', 'no JSON', '[]', 'null', '{}'])(
  'a key file without keys is a problem: %j',
  (text) => {
    expect(parseApiKeys(text, NOW)).toEqual({ problems: [expect.stringContaining('npm run key')] });
  },
);

test('a client has at most two valid keys; expired ones do not count', () => {
  const ended = entry({ expires: '2026-01-01T00:00:00Z' });
  const two = { a: entry(), b: entry({ expires: '2027-01-01T00:00:00Z' }) };
  expect(parseApiKeys(JSON.stringify({ ...two, c: ended }), NOW)).toHaveLength(3);
  expect(parseApiKeys(JSON.stringify({ ...two, c: entry() }), NOW)).toEqual({
    problems: [expect.stringMatching(/3 live keys of the client bff/)],
  });
});
