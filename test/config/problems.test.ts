import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/config/environment-reader.ts';
import { SANDBOX_MCHID } from '../../src/config/upstream.ts';
import { makeIdentity } from '../../src/sandbox/identity.ts';
import {
  DATA_KEY,
  MERCHANT_KEY,
  merchantEnv,
  OTHER_CERTIFICATE,
  problemsOf,
  productionEnv,
  TOKENS,
  withFile,
} from '../fixtures/process/environment.ts';

const [FIRST_LINE = ''] = MERCHANT_KEY.split('\n');
/** 43 letters once what is no Base64 is skipped. */
const PASSPHRASE = 'correct horse battery staple, and then some more yes!!';
const keyOf = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
const APIV3_KEY = 'c4n4ry-secret-of-31-characters.';

const NO_TOKENS = { JWKS_URL: undefined, JWT_ISSUER: undefined, JWT_AUDIENCE: undefined };

const ROWS: readonly (readonly [string, Environment, RegExp])[] = [
  ['a PORT too high', { PORT: '65536' }, /^PORT must be a whole number from 0 to 65535/],
  ['a PORT in words', { PORT: 'http' }, /^PORT must be a whole number/],
  ['a PORT in hex', { PORT: '0x50' }, /^PORT must be a whole number/],
  ['a negative SANDBOX_PORT', { SANDBOX_PORT: '-1' }, /^SANDBOX_PORT must be a whole number/],
  ['another GRAPHIQL', { GRAPHIQL: 'true' }, /^GRAPHIQL must be one of: on, off/],
  ['other INPUT_RULES', { INPUT_RULES: 'none' }, /^INPUT_RULES must be one of: all, confirmed/],
  [
    'a public HOST',
    { HOST: '0.0.0.0' },
    /^HOST is not a loopback address.*API_KEYS_FILE or JWKS_URL/,
  ],
  ['every IPv6 HOST', { HOST: '::' }, /^HOST is not a loopback address/],
  ['a HOST that begins like one', { HOST: '127.0.0.1.evil.example' }, /^HOST is not a loopback/],
  ['an origin with a path', { CORS_ORIGINS: 'https://a.example/x' }, /^CORS_ORIGINS contains/],
  ['any origin', { CORS_ORIGINS: '*' }, /^CORS_ORIGINS cannot contain \*: list every origin/],
  [
    'any subdomain',
    { CORS_ORIGINS: 'https://*.example.com' },
    /^CORS_ORIGINS cannot contain \*: list every origin/,
  ],
  [
    'another NODE_ENV',
    { NODE_ENV: 'prod' },
    /^NODE_ENV must be one of: production, development, test/,
  ],
  ['proxies', { TRUSTED_PROXIES: '10.0.0.1,all' }, /^TRUSTED_PROXIES contains an invalid entry/],
  ['no file of API keys', { API_KEYS_FILE: '/no/keys' }, /^API_KEYS_FILE names a file.*ENOENT/],
  ['keys that are no JSON', { API_KEYS_FILE: 'LICENSE' }, /^API_KEYS_FILE is not a JSON object/],
  [
    'an issuer without keys',
    { ...TOKENS, JWKS_URL: undefined },
    /^JWKS_URL is missing: .*together/,
  ],
  ['tokens of anybody', { ...TOKENS, JWT_ISSUER: undefined }, /^JWT_ISSUER is missing/],
  ['tokens for anybody', { ...TOKENS, JWT_AUDIENCE: undefined }, /^JWT_AUDIENCE is missing/],
  [
    'keys over http',
    { ...TOKENS, JWKS_URL: 'http://id.example.com' },
    /^JWKS_URL must be an https/,
  ],
  ['a file of keys', { ...TOKENS, JWKS_URL: 'file:///jwks' }, /^JWKS_URL must be an https/],
  [
    'production without authentication',
    productionEnv(NO_TOKENS),
    /^API_KEYS_FILE is missing, and JWKS_URL too.*npm run key/,
  ],
  [
    'a real merchant without authentication, outside production,',
    merchantEnv({ ALLOW_UNAUTHENTICATED: undefined }),
    /^API_KEYS_FILE is missing, .* a real merchant requires .*ALLOW_UNAUTHENTICATED=true/,
  ],
  [
    'a real merchant that is not allowed without authentication',
    merchantEnv({ NODE_ENV: 'development', ALLOW_UNAUTHENTICATED: 'false' }),
    /^API_KEYS_FILE is missing, and JWKS_URL too: a real merchant requires authentication/,
  ],
  [
    'another ALLOW_UNAUTHENTICATED',
    { ALLOW_UNAUTHENTICATED: 'yes' },
    /^ALLOW_UNAUTHENTICATED must be one of: true, false/,
  ],
  [
    'a public HOST without authentication on purpose',
    merchantEnv({ HOST: '0.0.0.0' }),
    /^HOST is not a loopback address/,
  ],
  [
    "production with the sandbox's merchant",
    productionEnv({ WECHAT_MCHID: SANDBOX_MCHID }),
    /^WECHAT_MCHID is the sandbox's merchant number: .*real merchant/,
  ],
  [
    'production without a merchant',
    { NODE_ENV: 'production', DATA_KEY, ...TOKENS },
    /^WECHAT_MCHID is missing: the sandbox is not allowed in production/,
  ],
  [
    'production without a data key',
    productionEnv({ DATA_KEY: undefined }),
    /^DATA_KEY is missing \(it is required in production\).*openssl rand -base64 32/,
  ],
  [
    'PostgreSQL without a data key',
    merchantEnv({ DATABASE_URL: 'postgres://db/payafter' }),
    /^DATA_KEY is missing \(all instances of one PostgreSQL database need the same key\)/,
  ],
  [
    'a data key of 31 bytes',
    { DATA_KEY: keyOf(31) },
    /^DATA_KEY must be 32 bytes in Base64.*openssl/,
  ],
  ['a data key of 33 bytes', { DATA_KEY: keyOf(33) }, /^DATA_KEY must be 32 bytes/],
  ['a data key in hex', { DATA_KEY: 'ab'.repeat(32) }, /^DATA_KEY must be 32 bytes/],
  ['a passphrase for a data key', { DATA_KEY: PASSPHRASE }, /^DATA_KEY must be 32 bytes/],
  ['another database', { DATABASE_URL: 'mysql://db/x' }, /^DATABASE_URL must be sqlite:<path>/],
  ['a bare path for a database', { DATABASE_URL: 'data/x.db' }, /^DATABASE_URL must be/],
  ['sqlite: without a path', { DATABASE_URL: 'sqlite:' }, /^DATABASE_URL must be/],
  ['a folder for a database', { DATABASE_URL: 'sqlite:data/' }, /^DATABASE_URL must be/],
  [
    'a path in the form of a URL',
    { DATABASE_URL: 'sqlite://x.db' },
    /^DATABASE_URL has slashes that would make its path absolute: write sqlite:/,
  ],
  ['the same with three', { DATABASE_URL: 'sqlite:///x.db' }, /^DATABASE_URL has slashes/],
  [
    'memory that would be a file',
    { DATABASE_URL: 'sqlite:memory:' },
    /^DATABASE_URL would be a file of this name: .*sqlite::memory:/,
  ],
  [
    'a home folder that is not replaced',
    { DATABASE_URL: 'sqlite:~/x.db' },
    /^DATABASE_URL has a path that is used as it is/,
  ],
  [
    'options of SQLite',
    { DATABASE_URL: 'sqlite:x.db?mode=ro' },
    /^DATABASE_URL has a path that is used as it is/,
  ],
  [
    'a launch key of 31 characters',
    merchantEnv({ WECHAT_APIV2_KEY: APIV3_KEY }),
    /^WECHAT_APIV2_KEY has 31 characters; expected 32/,
  ],
  [
    'a file that is not there',
    merchantEnv({ WECHAT_APIV3_KEY: undefined, WECHAT_APIV3_KEY_FILE: '/nowhere/apiv3' }),
    /^WECHAT_APIV3_KEY_FILE names a file that cannot be read \(ENOENT\): \/nowhere\/apiv3/,
  ],
  [
    'the first line of a PEM',
    merchantEnv({ WECHAT_MERCHANT_KEY: FIRST_LINE }),
    /^WECHAT_MERCHANT_KEY is cut off after its first line.*\\n.*_FILE/,
  ],
  [
    'a path for a PEM',
    merchantEnv({ WECHAT_MERCHANT_KEY: './apiclient_key.pem' }),
    /^WECHAT_MERCHANT_KEY is a path, not a PEM.*_FILE/,
  ],
  [
    'a damaged PEM',
    merchantEnv({ WECHAT_MERCHANT_KEY: MERCHANT_KEY.replace(/\n.{20}/, '\n') }),
    /^WECHAT_MERCHANT_KEY is damaged/,
  ],
  [
    'a key of 31 characters',
    merchantEnv({ WECHAT_APIV3_KEY: APIV3_KEY }),
    /^WECHAT_APIV3_KEY has 31 characters; expected 32/,
  ],
  [
    'a previous key of 31 characters',
    merchantEnv({ WECHAT_APIV3_KEY_PREVIOUS: APIV3_KEY }),
    /^WECHAT_APIV3_KEY_PREVIOUS has 31 characters/,
  ],
  [
    "another merchant's certificate",
    merchantEnv({ WECHAT_MERCHANT_SERIAL: OTHER_CERTIFICATE }),
    /^WECHAT_MERCHANT_SERIAL is a certificate that does not match the merchant key/,
  ],
  [
    'the serial of a platform certificate',
    merchantEnv({
      WECHAT_MERCHANT_SERIAL: '7157F09EFDC096DE15EBE81A47057A7232F1B8E2',
      WECHAT_PLATFORM_CERTIFICATES: OTHER_CERTIFICATE,
    }),
    /^WECHAT_MERCHANT_SERIAL is the serial number of a platform certificate/,
  ],
  [
    'certificates that are to be downloaded',
    merchantEnv({ WECHAT_PLATFORM_CERTIFICATES: 'auto', WECHAT_APIV3_KEY: undefined }),
    /^WECHAT_APIV3_KEY is missing: it is required to decrypt downloaded certificates/,
  ],
  [
    'plain http to another machine',
    merchantEnv({ WECHAT_BASE_URL: 'http://api.mch.weixin.qq.com' }),
    /^WECHAT_BASE_URL must begin with https/,
  ],
  [
    'plain http for webhooks',
    merchantEnv({ WECHAT_NOTIFY_URL: 'http://shop.example/wechat/notify' }),
    /^WECHAT_NOTIFY_URL must be the public https URL/,
  ],
  [
    'a query in the URL for webhooks',
    merchantEnv({ WECHAT_NOTIFY_URL: 'https://shop.example/wechat/notify?x=1' }),
    /^WECHAT_NOTIFY_URL must be the public https URL/,
  ],
  [
    'a time-out that is too short',
    merchantEnv({ WECHAT_TIMEOUT_MS: '99' }),
    /^WECHAT_TIMEOUT_MS must be a whole number from 100/,
  ],
  [
    'no public key and no certificate',
    merchantEnv({ WECHAT_PUBLIC_KEY: undefined, WECHAT_PUBLIC_KEY_ID: undefined }),
    /^WECHAT_PUBLIC_KEY is missing/,
  ],
];

test.each(ROWS)('%s is one problem, and its line says what to do', (_, env, line) => {
  expect(problemsOf(env)).toEqual([expect.stringMatching(line)]);
});

test('variables of a merchant without its number refuse the start', () => {
  for (const name of ['WECHAT_APPID', 'WECHAT_BASE_URL', 'WECHAT_MERCHANT_KEY_FILE']) {
    const problems = problemsOf({ [name]: 'x' });
    expect(problems).toContainEqual(expect.stringMatching(/^WECHAT_MCHID is missing/));
  }
});

test.each([
  ['WECHAT_MERCHANT_KEY', MERCHANT_KEY],
  ['WECHAT_APIV2_KEY', '2'.repeat(32)],
  ['DATABASE_URL', 'postgres://db/payafter'],
  ['DATA_KEY', DATA_KEY],
])('%s that is set twice is one problem, because it is ambiguous', (name, value) => {
  withFile(value, (path) => {
    expect(problemsOf(productionEnv({ [name]: value, [`${name}_FILE`]: path }))).toEqual([
      `${name} is set twice: remove it or ${name}_FILE.`,
    ]);
  });
});

describe('no problem shows a secret', () => {
  const secrets = [APIV3_KEY, MERCHANT_KEY.split('\n')[1] ?? '', 'hunter2hunter2'];

  test.each([
    ['WECHAT_APIV3_KEY', APIV3_KEY],
    ['WECHAT_APIV2_KEY', APIV3_KEY],
    ['WECHAT_APIV3_KEY_PREVIOUS', APIV3_KEY],
    ['WECHAT_MERCHANT_KEY', MERCHANT_KEY.slice(0, 300)],
    ['WECHAT_MERCHANT_KEY', 'hunter2hunter2'],
    ['WECHAT_PUBLIC_KEY', MERCHANT_KEY],
    ['WECHAT_PUBLIC_KEY_ID', 'hunter2hunter2'],
    ['WECHAT_MERCHANT_SERIAL', MERCHANT_KEY],
    ['WECHAT_MERCHANT_SERIAL', 'hunter2hunter2'],
    ['WECHAT_PLATFORM_CERTIFICATES', MERCHANT_KEY],
    ['WECHAT_MCHID', 'hunter2hunter2'],
    ['DATABASE_URL', 'postgres:/u:hunter2hunter2@db'],
    ['DATA_KEY', 'hunter2hunter2'],
  ])('no problem shows the secret of %s', (name, value) => {
    const problems = problemsOf(merchantEnv({ [name]: value }));
    expect(problems.length).toBeGreaterThan(0);
    for (const secret of secrets) {
      expect(problems.join('\n')).not.toContain(secret);
    }
  });

  test('no problem shows the content of a wrong file', () => {
    withFile(APIV3_KEY, (path) => {
      const env = merchantEnv({ WECHAT_MERCHANT_KEY: undefined, WECHAT_MERCHANT_KEY_FILE: path });
      expect(problemsOf(env).join('\n')).toMatch(/^WECHAT_MERCHANT_KEY is not a PEM/);
      expect(problemsOf(env).join('\n')).not.toContain(APIV3_KEY);
    });
  });
});

test("the sandbox's merchant number is the one that production refuses", async () => {
  const { credentials } = await makeIdentity(Date.now());
  expect(credentials.WECHAT_MCHID).toBe(SANDBOX_MCHID);
});

test('a real merchant without authentication is refused unless it is allowed explicitly', () => {
  expect(problemsOf(productionEnv({ ...NO_TOKENS, ALLOW_UNAUTHENTICATED: 'true' }))).toEqual([]);
  expect(problemsOf(merchantEnv({ ALLOW_UNAUTHENTICATED: undefined, ...TOKENS }))).toEqual([]);
  const sandbox = { WECHAT_MCHID: SANDBOX_MCHID, ALLOW_UNAUTHENTICATED: undefined };
  expect(problemsOf(merchantEnv(sandbox)), 'no money moves').toEqual([]);
});

test('a public GraphiQL is one more problem in production', () => {
  expect(problemsOf(productionEnv({ ...NO_TOKENS, GRAPHIQL: 'on' }))).toEqual([
    expect.stringMatching(/^API_KEYS_FILE is missing/),
    expect.stringMatching(/^GRAPHIQL would be public: set API_KEYS_FILE or JWKS_URL too/),
  ]);
  expect(problemsOf(productionEnv({ GRAPHIQL: 'on' }))).toEqual([]);
});
