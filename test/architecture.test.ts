import { execFile } from 'node:child_process';
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

describe('imports run one way', () => {
  const BELOW = ['plugins', 'schema', 'access', 'orders', 'wechat'];

  const LEAVES = [
    ...['config', 'data-key', 'graphiql', 'http-server', 'lifecycle', 'log', 'metrics'],
    ...['one-by-one', 'request-scope', 'settings'],
  ];

  test.each([
    ['server', ['app', 'websocket', 'reload', ...LEAVES, 'access', 'orders', 'wechat', 'sandbox']],
    ['reload', ['config', 'lifecycle', 'settings', 'wechat']],
    ['app', [...BELOW, 'metrics', 'request-scope']],
    ['websocket', ['app', 'plugins', 'access']],
    ['plugins', ['plugins', 'schema', 'access', 'orders', 'wechat']],
    ['schema', ['schema', 'access', 'orders', 'wechat']],
    ['access', ['access']],
    ['orders', ['orders', 'wechat']],
    ['wechat', ['wechat']],
    ['sandbox', ['sandbox']],
    ['config', ['config', 'settings', 'access', 'orders', 'wechat']],
    ['data-key', []],
    ['settings', []],
    ['log', []],
    ['lifecycle', []],
    ['graphiql', []],
    ['http-server', ['one-by-one']],
    ['one-by-one', []],
    ['metrics', []],
    ['request-scope', []],
  ])('%s reaches only %j', (area, allowed) => {
    expect(inArea(area)).not.toEqual([]);
    const isAllowed = (to: Import) => !isOwn(to) || allowed.includes(areaOf(to.to));
    expect(forbidden(area, isAllowed)).toEqual([]);
  });

  test('and there is nothing in src that this test does not know', () => {
    const known = ['server', 'websocket', 'app', 'reload', ...LEAVES, ...BELOW, 'sandbox'];
    const areas = [...new Set(files.map(({ area }) => area))].toSorted();
    expect(areas).toEqual(known.toSorted());
  });

  test('the WebSocket is handed the application, and takes of it the type alone', () => {
    const ofWebSocket = inArea('websocket').flatMap(({ imports }) => imports);
    expect(ofWebSocket.filter(({ to }) => areaOf(to) === 'app')).toEqual([
      { to: 'app.ts', kind: 'type' },
    ]);
  });

  test('nothing imports the server', () => {
    const importers = files.filter(({ imports }) => imports.some(({ to }) => to === 'server.ts'));
    expect(importers).toEqual([]);
  });

  test('there are no circles', () => {
    expect(findCycle(files)).toEqual([]);
  });

  test('others enter wechat by its index, and so does config the types of orders', () => {
    const entries = files
      .filter(({ area }) => area !== 'wechat')
      .flatMap(({ imports }) => imports.filter(({ to }) => areaOf(to) === 'wechat'));
    expect(new Set(entries.map(({ to }) => to))).toEqual(new Set(['wechat/index.ts']));
    const ofConfig = inArea('config').flatMap(({ imports }) => imports);
    expect(ofConfig.filter(({ to }) => areaOf(to) === 'orders')).toEqual([
      { to: 'orders/findings.ts', kind: 'type' },
    ]);
  });
});

describe('the store', () => {
  const isStore = ({ to }: Import) => to.startsWith('orders/store/');

  test('shows those above the orders the types of its rows, and nothing else', () => {
    const taken = files
      .filter(({ area }) => area !== 'orders')
      .flatMap(({ imports }) => imports.filter(isStore));
    expect(taken).not.toEqual([]);
    expect(
      taken.filter(({ to, kind }) => to !== 'orders/store/tables.ts' || kind !== 'type'),
    ).toEqual([]);
  });

  test('is opened by the ledger alone, lends the others its statements, and takes of what stands above it types alone', () => {
    const ofOrders = inArea('orders').filter(({ path }) => !path.startsWith('orders/store/'));
    const values = ofOrders.flatMap(({ path, imports }) =>
      imports.filter((to) => isStore(to) && to.kind !== 'type').map(({ to }) => `${path} → ${to}`),
    );
    const isKnown = (arrow: string) =>
      arrow.startsWith('orders/open-ledger.ts') || arrow.endsWith('orders/store/statement.ts');
    expect(values.filter((arrow) => !isKnown(arrow))).toEqual([]);
    const ofStore = inArea('orders').filter(({ path }) => path.startsWith('orders/store/'));
    const upwards = ofStore.flatMap(({ imports }) =>
      imports.filter((to) => isOwn(to) && !isStore(to) && to.kind !== 'type'),
    );
    expect(upwards).toEqual([]);
  });
});

describe('packages', () => {
  test('of GraphQL are for the schema, the plugins and what assembles them', () => {
    const isGraphql = ({ to }: Import) =>
      /^(graphql|graphql-.*|@graphql-.*|@pothos\/.*|dataloader)$/.test(to);
    const areas = files.filter(({ imports }) => imports.some(isGraphql)).map(({ area }) => area);
    const known = ['app', 'graphiql', 'plugins', 'schema', 'websocket'];
    expect([...new Set(areas)].toSorted()).toEqual(known);
  });

  test.each([
    ['ky', ['wechat/transport.ts']],
    ['graphql-jit', ['plugins/compiled.ts']],
    ['ws', ['websocket.ts']],
    ['graphql-ws/use/ws', ['websocket.ts']],
    ['node:sqlite', ['orders/store/sqlite.ts']],
    ['pg', ['orders/store/hints.ts', 'orders/store/postgres.ts']],
    ['pino', ['log.ts']],
    ['prom-client', ['metrics.ts']],
    ['limiter', ['access/rate-limit.ts']],
    ['jose', ['access/tokens.ts']],
    ['@pothos/plugin-scope-auth', ['schema/builder.ts']],
    ['node-forge', ['sandbox/certificate.ts']],
  ])('%s is imported by %j alone', (name, importers) => {
    const found = files.filter(({ imports }) => imports.some(({ to }) => to === name));
    expect(found.map(({ path }) => path).toSorted()).toEqual(importers);
  });

  test('kysely runs in the store alone; the rest of the orders knows its types, and no other room them', () => {
    const ofKysely = files.flatMap(({ path, imports }) =>
      imports.filter(({ to }) => to === 'kysely').map(({ kind }) => ({ path, kind })),
    );
    expect(ofKysely).not.toEqual([]);
    const outside = ofKysely.filter(({ path }) => !path.startsWith('orders/store/'));
    expect(
      outside.filter(({ path, kind }) => areaOf(path) !== 'orders' || kind !== 'type'),
    ).toEqual([]);
  });
});

describe('the sandbox', () => {
  test('is reached from src by the server alone, and only where it is started', () => {
    const importers = files
      .filter(({ area }) => area !== 'sandbox')
      .flatMap(({ path, imports }) =>
        imports.filter(({ to }) => areaOf(to) === 'sandbox').map(({ kind }) => `${path} ${kind}`),
      );
    expect(importers).toEqual(['server.ts dynamic']);
  });
});

test('no file is longer than 200 lines', () => {
  expect(files.filter(({ lines }) => lines > 200).map(({ path }) => path)).toEqual([]);
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
