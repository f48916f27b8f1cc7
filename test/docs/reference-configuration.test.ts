import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { checkOptions } from '../../src/wechat/index.ts';
import { DEFAULT_RESILIENCE } from '../../src/wechat/options.ts';
import { codeIn, read } from '../fixtures/docs/documents.ts';
import { namesIn, tablesOf } from '../fixtures/docs/tables.ts';
import { knownVariables } from '../fixtures/docs/variables.ts';
import { merchantEnv, productionEnv } from '../fixtures/process/environment.ts';

const PAGE = 'docs/reference/configuration.md';
const rows = tablesOf(PAGE)
  .filter(({ head: [first = ''] }) => first.endsWith(' variable'))
  .flatMap((table) => table.rows);
const known = knownVariables();
const fileForms = known.filter(
  (name) => name.endsWith('_FILE') && known.includes(name.replace(/_FILE$/, '')),
);

describe('the reference of the configuration', () => {
  test('the reference of the configuration names every variable that is read, and no other', () => {
    const others = known.filter((name) => !fileForms.includes(name));
    expect(namesIn(rows).toSorted()).toEqual(others);
  });

  test('marks every variable that may come from a file, and no other', () => {
    const marked = rows.filter(([cell = '']) => cell.includes('*file*'));
    const names = namesIn(marked).map((name) => `${name}_FILE`);
    expect(names.toSorted()).toEqual(fileForms.toSorted());
  });

  test('the reference of the configuration shows the defaults that the server uses', () => {
    expect(loadConfig({})).toMatchObject({
      host: defaultOf('HOST'),
      port: Number(defaultOf('PORT')),
      stopGraceMs: Number(defaultOf('STOP_GRACE_MS')),
      logLevel: defaultOf('LOG_LEVEL'),
      inputRules: defaultOf('INPUT_RULES'),
      orderCacheMs: Number(defaultOf('ORDER_CACHE_MS')),
      maxInFlight: Number(defaultOf('MAX_IN_FLIGHT')),
      reconcilerCallsPerSecond: Number(defaultOf('RECONCILER_CALLS_PER_SECOND')),
      idleMs: 1_000 * Number(defaultOf('KEEP_ALIVE_SECONDS')),
      graphiql: defaultOf('GRAPHIQL') === 'on',
      upstream: { kind: 'sandbox', port: Number(defaultOf('SANDBOX_PORT')) },
    });
    expect(loadConfig(productionEnv()).rateLimit).toMatchObject({
      perSecond: Number(defaultOf('RATE_LIMIT_PER_SECOND')),
    });
    const merchant = loadConfig(merchantEnv());
    expect(merchant.databaseUrl).toBe(defaultOf('DATABASE_URL'));
    expect(DEFAULT_RESILIENCE.maxConcurrent).toBe(Number(defaultOf('WECHAT_MAX_CALLS')));
    if (merchant.upstream.kind !== 'merchant') {
      throw new Error('A merchant number did not make a merchant.');
    }
    expect(checkOptions(merchant.upstream.options)).toMatchObject({
      baseUrl: defaultOf('WECHAT_BASE_URL'),
      backupUrl: defaultOf('WECHAT_BACKUP_URL'),
      budgetMs: Number(defaultOf('WECHAT_TIMEOUT_MS')),
    });
  });

  test.each(
    rows.flatMap(([name = '', , values = '']) =>
      [...values.matchAll(/^(\d+)–(\d+)/g)].map(([, from = '', to = '']) => [
        codeIn(name)[0] ?? '',
        from,
        to,
      ]),
    ),
  )('%s accepts %s and %s, and nothing beyond', (name, from, to) => {
    const env = { ...merchantEnv(), RATE_LIMIT_PER_SECOND: '1' };
    expect(() => loadConfig({ ...env, [name]: from })).not.toThrow();
    expect(() => loadConfig({ ...env, [name]: to })).not.toThrow();
    expect(() => loadConfig({ ...env, [name]: String(Number(to) + 1) })).toThrow(name);
    expect(() => loadConfig({ ...env, [name]: String(Number(from) - 1) })).toThrow(name);
  });
});

test('.env.example names every variable that is read, and no other', () => {
  const example = read('.env.example');
  const named = [...example.matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
  expect(named.toSorted()).toEqual(known);
  expect(parseEnv(example), 'copied, it changes nothing').toEqual({});
});

/** The first word of code in the column of defaults. */
function defaultOf(variable: string): string {
  const row = rows.find(([name = '']) => codeIn(name).includes(variable));
  return codeIn(row?.[1] ?? '')[0] ?? '';
}
