import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  areaOf,
  findCycle,
  type Import,
  importsOf,
  isOwn,
  sourceFiles,
} from './fixtures/docs/imports.ts';

const files = sourceFiles();
const inArea = (area: string) => files.filter((file) => file.area === area);

/** `path → import` of every import of an area that is not allowed. */
function forbidden(area: string, isAllowed: (to: Import) => boolean): readonly string[] {
  return inArea(area).flatMap(({ path, imports }) =>
    imports.filter((to) => !isAllowed(to)).map(({ to }) => `${path} → ${to}`),
  );
}

describe('dependencies point one way', () => {
  /** `server → start → app → plugins → schema → orders → ledger, wechat → domain`, and what knows no orders. */
  const ALLOWED: Readonly<Record<string, readonly string[]>> = {
    server: ['start', 'cli', 'config', 'http', 'observability'],
    cli: ['auth', 'config', 'ledger', 'wechat', 'sandbox', 'plugins', 'http', 'schema'],
    start: [
      ...['app', 'plugins', 'orders', 'ledger', 'wechat', 'sandbox'],
      ...['config', 'http', 'observability', 'auth'],
    ],
    app: ['plugins', 'schema', 'orders', 'http', 'observability', 'auth'],
    plugins: ['schema', 'orders', 'ledger', 'wechat', 'http', 'observability', 'auth'],
    schema: ['orders', 'ledger', 'wechat', 'domain', 'auth'],
    orders: ['ledger', 'wechat', 'domain'],
    ledger: ['wechat', 'domain'],
    wechat: [],
    domain: [],
    sandbox: [],
    auth: [],
    http: ['auth'],
    observability: ['http'],
    config: ['wechat', 'domain', 'http', 'auth'],
  };

  test.each(Object.entries(ALLOWED))('%s imports only %j', (area, allowed) => {
    expect(inArea(area)).not.toEqual([]);
    const isAllowed = (to: Import) =>
      !isOwn(to) || areaOf(to.to) === area || allowed.includes(areaOf(to.to));
    expect(forbidden(area, isAllowed)).toEqual([]);
  });

  test('and there is no other folder in src', () => {
    const areas = [...new Set(files.map(({ area }) => area))].toSorted();
    expect(areas).toEqual(Object.keys(ALLOWED).toSorted());
  });

  test('there are no cycles', () => {
    expect(findCycle(files)).toEqual([]);
  });

  test('others enter wechat by its index', () => {
    const entries = files
      .filter(({ area }) => area !== 'wechat')
      .flatMap(({ imports }) => imports.filter(({ to }) => areaOf(to) === 'wechat'));
    expect(new Set(entries.map(({ to }) => to))).toEqual(new Set(['wechat/index.ts']));
  });

  const isDatabase = (path: string) => path.startsWith('ledger/database/');

  test('only the ledger and the doctor import the database of the ledger', () => {
    const importers = files.filter(({ imports }) => imports.some(({ to }) => isDatabase(to)));
    const others = importers.filter(({ area }) => area !== 'ledger');
    expect(others.map(({ path }) => path)).toEqual(['cli/doctor/examine.ts']);
  });

  test('the database of the ledger imports only types of its callers, except for the deadline helper', () => {
    const imports = files.filter(({ path }) => isDatabase(path)).flatMap((file) => file.imports);
    const ofCallers = imports.filter((to) => isOwn(to) && !isDatabase(to.to));
    const values = ofCallers.filter(({ kind }) => kind !== 'type').map(({ to }) => to);
    expect(new Set(values)).toEqual(new Set(['ledger/within.ts']));
  });

  test('the index of the schema exports the schema and nothing else', () => {
    const text = readFileSync(new URL('../src/schema/index.ts', import.meta.url), 'utf8');
    expect(text.match(/^export .*$/gm)).toEqual(['export const schema = builder.toSchema();']);
  });

  test('only start and its own command import the sandbox, start only when it is needed', () => {
    const importers = files
      .filter(({ area }) => area !== 'sandbox')
      .flatMap(({ path, imports }) =>
        imports.filter(({ to }) => areaOf(to) === 'sandbox').map(({ kind }) => `${path} ${kind}`),
      );
    expect(importers.toSorted()).toEqual(['cli/sandbox.ts value', 'start.ts dynamic']);
  });
});

describe('packages', () => {
  test('packages of GraphQL are imported by the schema, the plugins, the application and the transports', () => {
    const isGraphql = ({ to }: Import) =>
      /^(graphql|graphql-.*|@graphql-.*|@pothos\/.*|dataloader)$/.test(to);
    const areas = files.filter(({ imports }) => imports.some(isGraphql)).map(({ area }) => area);
    expect([...new Set(areas)].toSorted()).toEqual(['app', 'http', 'plugins', 'schema']);
  });

  test('only the ledger imports kysely', () => {
    const importers = files.filter(({ imports }) => imports.some(({ to }) => to === 'kysely'));
    expect([...new Set(importers.map(({ area }) => area))]).toEqual(['ledger']);
  });

  test.each([
    ['ky', ['wechat/http/transport.ts']],
    ['ws', ['http/websocket.ts']],
    ['graphql-ws', ['http/websocket.ts']],
    ['node:sqlite', ['ledger/database/sqlite/sqlite-file.ts', 'ledger/database/sqlite/sqlite.ts']],
    ['pg', ['ledger/database/postgres/connections.ts', 'ledger/database/postgres/postgres.ts']],
    ['pino', ['observability/log.ts']],
    ['prom-client', ['observability/metrics.ts']],
    ['limiter', ['auth/rate-limit.ts']],
    ['dataloader', ['schema/order-record/record-loader.ts']],
    ['jose', ['auth/issuer-keys.ts', 'auth/tokens.ts']],
    ['@pothos/plugin-scope-auth', ['schema/builder.ts']],
    ['@pothos/plugin-relay', ['schema/builder.ts']],
    ['@pothos/plugin-complexity', ['plugins/admission/use-rate-limit.ts', 'schema/builder.ts']],
    ['node-forge', ['sandbox/identity.ts']],
  ])('%s is imported only by %j', (name, importers) => {
    const found = files.filter(({ imports }) => imports.some(({ to }) => to === name));
    expect(found.map(({ path }) => path).toSorted()).toEqual(importers);
  });
});

test('no folder has more than twelve files of its own', () => {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const crowded = [...counts].filter(([, count]) => count > 12).map(([folder]) => folder);
  expect(crowded).toEqual([]);
});

test('no file is longer than 300 lines', () => {
  expect(files.filter(({ lines }) => lines > 300).map(({ path }) => path)).toEqual([]);
});

test.each(['schema', 'wechat'])(
  'src/%s imports without writing, listening or starting anything',
  async (area) => {
    const url = new URL(`../src/${area}/index.ts`, import.meta.url).href;
    const code = `await import(${JSON.stringify(url)});`;
    const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '--eval', code];
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd, env: {} });
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  },
);

test('the reader of imports sees each form', () => {
  const text = [
    "import './a.ts';",
    "import b, { type C } from 'b';",
    "import type { D } from './d.ts';",
    "import {\n  type E,\n  type F,\n} from 'e';",
    "export * from './g.ts';",
    "export { type H, i } from './h.ts';",
    "const { j } = await import('./j.ts');",
  ].join('\n');
  expect(importsOf(text).map(({ to, kind }) => `${to} ${kind}`)).toEqual([
    './a.ts value',
    'b value',
    './d.ts type',
    'e type',
    './g.ts value',
    './h.ts value',
    './j.ts dynamic',
  ]);
});
