import { describe, expect, test } from 'vitest';
import { SANDBOX_MCHID } from '../../src/config/upstream.ts';
import { makeIdentity } from '../../src/sandbox/identity.ts';
import {
  DATA_KEY,
  MERCHANT_KEY,
  merchantEnv,
  problemsOf,
  productionEnv,
  TOKENS,
  withFile,
} from '../fixtures/process/environment.ts';
import {
  APIV3_KEY,
  NO_TOKENS,
  WRONG_ENVIRONMENTS,
} from '../fixtures/process/wrong-environments.ts';

test.each(WRONG_ENVIRONMENTS)('%s is one problem, and its line says what to do', (_, env, line) => {
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
