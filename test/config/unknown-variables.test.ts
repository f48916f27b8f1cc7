import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { knownVariables } from '../fixtures/docs/variables.ts';
import { DATA_KEY, merchantEnv, problemsOf } from '../fixtures/process/environment.ts';

const EXAMPLES = [
  ...['WECHAT_MCH_ID', 'WECHAT_MCHDI', 'WECHT_MCHID', 'wechat_mchid'],
  ...['WECHAT_API_V3_KEY', 'WECHAT_PUBLICKEY', 'WECHAT_MERCHANT_KEY_FLIE', 'DATABASE_URI'],
  ...['TRUSTED_PROXYS', 'CORS_ORIGIN', 'GRAPHQL', 'API_KEY_FILE', 'JWT-ISSUER', 'DATAKEY'],
];

describe('a variable that is set and has no effect is a problem', () => {
  test.each(EXAMPLES)('the problem of %s names the intended variable', (name) => {
    const problems = problemsOf(merchantEnv({ [name]: 'x' }));
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^${name} is not a variable of this server: use [A-Z]`)),
    ]);
    const [, meant = ''] = /use (\w+)\.$/.exec(problems[0] ?? '') ?? [];
    expect(knownVariables()).toContain(meant);
  });

  test('an unknown WECHAT_ name that resembles no variable is a problem too', () => {
    expect(problemsOf(merchantEnv({ WECHAT_NOTIFY_SECRET: 'x' }))).toEqual([
      expect.stringMatching(/^WECHAT_NOTIFY_SECRET is not a variable of this server: remove it/),
    ]);
  });

  test('a misspelt merchant number is found even if it is the only variable, so that no sandbox starts', () => {
    expect(problemsOf({ WECHT_MCHID: '1900000001' })).toEqual([
      'WECHT_MCHID is not a variable of this server: use WECHAT_MCHID.',
    ]);
  });

  test('every known name without one of its letters is found, except for the shortest', () => {
    const names = knownVariables()
      .filter((name) => name.length > 5)
      .map((name) => name.slice(0, -2) + name.slice(-1));
    const problems = problemsOf(merchantEnv(Object.fromEntries(names.map((name) => [name, 'x']))));
    const missed = names.filter((name) => !problems.some((line) => line.startsWith(`${name} is`)));
    expect(missed).toEqual([]);
  });

  test('a _FILE variable exists only for variables that may come from a file', () => {
    expect(problemsOf(merchantEnv({ WECHAT_MCHID_FILE: '/x', JWKS_URL_FILE: '/y' }))).toEqual([
      'WECHAT_MCHID_FILE cannot be read from a file: set WECHAT_MCHID itself.',
      'JWKS_URL_FILE cannot be read from a file: set JWKS_URL itself.',
    ]);
  });

  test('variables of other programs are not problems', () => {
    const others = {
      ...{ HOSTNAME: 'a', PATH: '/bin', HOME: '/', SHELL: 'sh', PWD: '/', LANG: 'C', TERM: 'x' },
      ...{ npm_config_host: 'a', NODE: 'node', NODE_OPTIONS: '', NODE_PATH: '/', npm_command: 'a' },
      ...{ HTTP_PROXY: 'http://p', http_proxy: 'http://p', https_proxy: 'http://p', POST: '1' },
      ...{
        POSTGRES_URL: 'x',
        PGHOST: 'x',
        DATABASE_USER: 'x',
        JWT_SECRET: 'x',
        SSH_AUTH_SOCK: 'x',
      },
      ...{ WECHAT_UNSET: '' },
    };
    expect(problemsOf(merchantEnv({ ...process.env, ...others, NODE_ENV: 'test' }))).toEqual([]);
  });
});

test('service links of Kubernetes are not configuration', () => {
  const links = (service: string, port: number) => ({
    [`${service}_PORT`]: `tcp://10.0.0.7:${port}`,
    [`${service}_PORT_${port}_TCP`]: `tcp://10.0.0.7:${port}`,
    [`${service}_PORT_${port}_TCP_ADDR`]: '10.0.0.7',
    [`${service}_PORT_${port}_TCP_PORT`]: `${port}`,
    [`${service}_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`${service}_SERVICE_HOST`]: '10.0.0.7',
    [`${service}_SERVICE_PORT`]: `${port}`,
    [`${service}_SERVICE_PORT_HTTP`]: `${port}`,
  });
  const env = { ...links('SANDBOX', 4010), ...links('WECHAT', 443), ...links('WECHAT_PAY', 443) };
  expect(loadConfig(env).upstream).toEqual({ kind: 'sandbox', port: 4010 });
});

test('quotes that docker --env-file keeps are not part of the value', () => {
  const env = { NODE_ENV: '"development"', PORT: "'8080'", DATABASE_URL: '"sqlite:a.db"' };
  expect(loadConfig(env)).toMatchObject({ port: 8080, databaseUrl: 'sqlite:a.db' });
});

test.each([
  ['postgres://a:5432,b:5432/payafter', /^DATABASE_URL names several hosts/],
  ['postgres://u:p@a,b/payafter?sslmode=require', /^DATABASE_URL names several hosts/],
  ['postgres://a/payafter?schema=public', /^DATABASE_URL has the option schema, .*remove it/],
  ['postgres://a/payafter?sslmode=requir', /^DATABASE_URL has an unknown sslmode: use one of/],
  [
    'postgres://a/payafter?ssl=false',
    /^DATABASE_URL has an unknown value of ssl: .*sslmode=disable/,
  ],
  ['postgres://a/payafter?sslmode=verify-full&sslcrl=/x', /^DATABASE_URL has the option sslcrl/],
  ['postgres://a/payafter?sslrootcert=/nowhere/ca.pem', /^DATABASE_URL .*sslrootcert .*\(ENOENT\)/],
  ['postgres://a/payafter?sslrootcert=/', /^DATABASE_URL .*sslrootcert .*\(EISDIR\)/],
  ['postgres://a/payafter?sslcert=package.json', /^DATABASE_URL .*sslcert .*no CERTIFICATE in PEM/],
  ['postgres://a/payafter?sslkey=package.json', /^DATABASE_URL .*sslkey .*no PRIVATE KEY in PEM/],
  ['postgres://a/payafter?sslrootcert=system', /^DATABASE_URL has sslrootcert=system.*remove it/],
])('DATABASE_URL=%s is a problem, because a part of it would have no effect', (url, problem) => {
  const env = { DATABASE_URL: url, DATA_KEY };
  expect(problemsOf(env)).toEqual([expect.stringMatching(problem)]);
});

test('DATABASE_LISTEN_URL has the problems of DATABASE_URL', () => {
  const env = { DATABASE_URL: 'postgres://a/payafter', DATA_KEY };
  expect(problemsOf({ ...env, DATABASE_LISTEN_URL: 'postgres://a,b/payafter' })).toEqual([
    'DATABASE_LISTEN_URL names several hosts: use one name that always leads to the primary.',
  ]);
  expect(problemsOf({ ...env, DATABASE_LISTEN_URL: 'mysql://a/payafter' })).toEqual([
    'DATABASE_LISTEN_URL must be postgres://…',
  ]);
});

test.each(['postgres://u:a,b@db/payafter', 'postgres://db/payafter?sslmode=verify-full'])(
  'DATABASE_URL=%s is accepted',
  (url) => {
    expect(problemsOf({ DATABASE_URL: url, DATA_KEY })).toEqual([]);
  },
);
