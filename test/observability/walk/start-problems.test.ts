import { hash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadOrCreateDevelopmentDataKey } from '../../../src/config/database.ts';
import { addDotenv } from '../../../src/config/dotenv.ts';
import { ConfigError, type Environment } from '../../../src/config/environment-reader.ts';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { start } from '../../../src/start.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { namesIn, rowsOf } from '../../fixtures/docs/tables.ts';
import { serveTcp } from '../../fixtures/http/tls-server.ts';
import { openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import {
  DATA_KEY,
  MERCHANT_KEY,
  merchantEnv,
  OTHER_CERTIFICATE,
  problemsOf,
  productionEnv,
} from '../../fixtures/process/environment.ts';
import { root } from '../../fixtures/process/spawned-server.ts';
import { NO_TOKENS, WRONG_ENVIRONMENTS } from '../../fixtures/process/wrong-environments.ts';
import { rsaKeys, weakRsaKeys } from '../../fixtures/wechat/keys.ts';
import { problems } from '../../fixtures/wechat/valid-options.ts';

const FILES = [
  ...['src/config/*.ts', 'src/auth/api-key-file.ts'],
  ...['src/wechat/check-options.ts', 'src/wechat/keys/pem.ts'],
];
/** Only for the compiler: a key is either read, or has another problem. */
const NEVER = 'is no key.';

/** What the sources of the configuration say: every text of three words, `…` for what is inserted. */
const TEXTS = globSync(FILES, { cwd: root }).flatMap((file) => {
  // Its own texts are about SIGHUP.
  if (file.endsWith('load-config.ts')) {
    return [];
  }
  const code = readFileSync(join(root, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replaceAll(/\$\{[^{}]*\}/g, '…');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g)]
    .map(([, plain, template = '']) => plain ?? template)
    .filter((text) => /^\S+ \S+ \S+/.test(text) && !/[[\]^$|]|\?…/.test(text) && text !== NEVER)
    .map((text) => text.replaceAll(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter)));
});

const folder = mkdtempSync(join(tmpdir(), 'walk-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function fileOf(content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

const SECRET = 'c4n4ry-secret-of-31-characters.';
const other = rsaKeys();
const own = rsaKeys();
const body = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, '');
/** The PEM with another character at this place of its body. */
function changed(pem: string, place: number): string {
  const at = pem.indexOf('\n') + 1 + place;
  return `${pem.slice(0, at)}${pem[at] === 'A' ? 'B' : 'A'}${pem.slice(at + 1)}`;
}
const labelled = (label: string, content: string) =>
  `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;

const PRIVATE_KEYS: readonly (string | undefined)[] = [
  undefined,
  own.publicPem,
  body(own.publicPem),
  MERCHANT_KEY.slice(MERCHANT_KEY.indexOf('\n') + 1),
  labelled('ENCRYPTED PRIVATE KEY', body(MERCHANT_KEY)),
  labelled('OPENSSH PRIVATE KEY', body(MERCHANT_KEY)),
  MERCHANT_KEY.replace(/\n./, '\n%'),
  labelled('PRIVATE KEY', ''),
  SECRET,
  changed(MERCHANT_KEY, 12),
  changed(MERCHANT_KEY, 300),
  `${MERCHANT_KEY}${other.privatePem}`,
  weakRsaKeys().privatePem,
];

const API_KEY = { client: 'shop', sha256: hash('sha256', SECRET), scopes: ['schema:read'] };
const API_KEYS: readonly object[] = [
  {},
  { a: 1 },
  { 'a b': API_KEY },
  { a: { ...API_KEY, secret: SECRET } },
  { a: { ...API_KEY, client: `${SECRET} 1` } },
  { a: { ...API_KEY, scopes: [SECRET] } },
  { a: { ...API_KEY, sha256: SECRET } },
  { a: { ...API_KEY, expires: SECRET } },
  { a: API_KEY, b: API_KEY, c: API_KEY },
];

const DATABASES: readonly string[] = [
  'postgres://a,b/db',
  'postgres://a/db?pgbouncer=true',
  'postgres://a/db?sslmode=on',
  'postgres://a/db?ssl=yes',
  'postgres://a/db?sslrootcert=system',
  `postgres://a/db?sslrootcert=${fileOf('nothing')}`,
  'postgres://a/db?sslkey=/nowhere',
];

/** What is wrong beside the environments that have exactly one problem. */
const ENVIRONMENTS: readonly Environment[] = [
  ...PRIVATE_KEYS.map((pem) => merchantEnv({ WECHAT_MERCHANT_KEY: pem })),
  ...API_KEYS.map((keys) => ({ API_KEYS_FILE: fileOf(JSON.stringify(keys)) })),
  ...DATABASES.map((url) => productionEnv({ DATABASE_URL: url })),
  merchantEnv({ WECHAT_PUBLIC_KEY_ID: undefined }),
  merchantEnv({ WECHAT_PUBLIC_KEY: undefined }),
  merchantEnv({ WECHAT_MCHID: SECRET, WECHAT_MERCHANT_SERIAL: SECRET }),
  merchantEnv({ WECHAT_MERCHANT_KEY: own.privatePem, WECHAT_PUBLIC_KEY: own.publicPem }),
  merchantEnv({ WECHAT_PUBLIC_KEY_ID: SECRET, WECHAT_BASE_URL: SECRET }),
  merchantEnv({ WECHAT_BASE_URL: 'https://api.mch.weixin.qq.com/v3' }),
  merchantEnv({ WECHAT_PLATFORM_CERTIFICATES: OTHER_CERTIFICATE, DATA_KEY_FILE: '/' }),
  { TRUSTED_DOCUMENTS: fileOf('{}') },
  { TRUSTED_DOCUMENTS: fileOf(JSON.stringify({ ['0'.repeat(64)]: '{ __typename }' })) },
  {
    TRUSTED_DOCUMENTS: fileOf(JSON.stringify({ [hash('sha256', '{ a }')]: '{ a }' })),
    GRAPHIQL: 'on',
  },
  { DATABASE_LISTEN_URL: 'postgres://a/db' },
  productionEnv({ DATABASE_URL: 'postgres://a/db', DATABASE_LISTEN_URL: SECRET }),
  productionEnv({ ...NO_TOKENS, GRAPHIQL: 'on' }),
  { DATA_KEY, DATA_KEY_FILE: fileOf(DATA_KEY) },
  merchantEnv({
    WECHAT_MERCHANT_KEY: undefined,
    WECHAT_MERCHANT_KEY_FILE: fileOf(new Uint8Array([48, 0])),
  }),
  { WECHAT_SOMETHING: SECRET, WECHAT_MCHIDD: SECRET, PORT_FILE: SECRET },
  { HTTPS_PROXY: 'socks://a', NO_PROXY: '10.0.0.0/99' },
  { RATE_LIMIT_BURST: '5' },
];

const DOTENVS: readonly (string | Uint8Array)[] = [
  Buffer.from('\uFEFFPORT=1', 'utf16le'),
  Buffer.from([0x23, 0xb6, 0xcb]),
  `${SECRET}\n`,
  'DATA_KEY=a#b\n',
  'DATA_KEY="a" b\n',
  'DATA_KEY="a\n',
  'PORT=1\nPORT=2\n',
  'NODE_OPTIONS=x\n',
];

function problemsOfDotenv(path: string): readonly string[] {
  try {
    addDotenv({}, path);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ problem }) => problem) : [];
  }
}

/** Every line that the start writes of all of these. */
async function lines(): Promise<readonly string[]> {
  const dataKey = join(folder, 'ledger.db');
  writeFileSync(`${dataKey}.key`, SECRET);
  const damaged = await loadOrCreateDevelopmentDataKey(`sqlite:${dataKey}`).catch(String);
  return [
    String(new ConfigError([])),
    String(damaged),
    ...problems({ timeoutMs: 1 }),
    ...problemsOfDotenv(folder),
    ...DOTENVS.flatMap((content) => problemsOfDotenv(fileOf(content))),
    ...[...WRONG_ENVIRONMENTS.map(([, env]) => env), ...ENVIRONMENTS].flatMap(problemsOf),
  ];
}

/** What causes each text on standard error; the keys are the texts of the reference. */
const REFUSED: Readonly<Record<string, () => Promise<Environment> | Environment>> = {
  "Can't start with this configuration:": () => ({ PORT: SECRET }),
  "Can't listen on <host>:<port>. …": () => ({ HOST: '127.0.0.1', PORT: new URL(taken.url).port }),
  "Can't open the database: …": () => ({ DATABASE_URL: `sqlite:${folder}` }),
  'DATA_KEY is not the key of this database: …': async () => {
    const databaseUrl = `sqlite:${join(folder, 'of-another-key.db')}`;
    await (await openTestLedger({ url: databaseUrl })).close();
    return { DATABASE_URL: databaseUrl, DATA_KEY };
  },
  'The database has schema version <n>; this server knows up to <m>. …': async () => {
    const databaseUrl = `sqlite:${join(folder, 'newer.db')}`;
    const { store, close } = await openTestLedger({ url: databaseUrl });
    await sql`update schema_version set version = 999`.execute(store.db);
    await close();
    return { DATABASE_URL: databaseUrl };
  },
};

let taken: Awaited<ReturnType<typeof serveTcp>>;
beforeAll(async () => {
  taken = await serveTcp(() => {});
});
afterAll(() => taken[Symbol.asyncDispose]());

test('every text on standard error is caused', async () => {
  const texts = namesIn(rowsOf('docs/reference/logs.md', 'Text'));
  expect(texts).toEqual(Object.keys(REFUSED));
  for (const [text, envOf] of Object.entries(REFUSED)) {
    const env = {
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      SANDBOX_PORT: '0',
      ...(await envOf()),
    };
    const { log } = collectLog();
    const hangups = { onHangup: () => {} };
    const started = start({ env, log, requests: createRequestIds(), hangups });
    const said = await started.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    for (const part of text.split(/<\w+>|…/)) {
      expect(said).toContain(part.trim());
    }
    expect(said).not.toContain(SECRET);
  }
});

test('every problem that the sources know is caused, and says nothing of a secret', async () => {
  const said = await lines();
  const missing = TEXTS.filter(
    (text) => !said.some((line) => text.split('…').every((part) => line.includes(part))),
  );
  expect(TEXTS.length).toBeGreaterThan(80);
  expect(missing).toEqual([]);
  const secrets = [
    SECRET,
    body(own.privatePem).slice(100, 140),
    body(MERCHANT_KEY).slice(100, 140),
  ];
  expect(said.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
});
