import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { QUERY } from '../../fixtures/graphql/documents.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';
import { spawnServer, startServer, statusOf } from '../../fixtures/process/server-process.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

test('the server is ready within 3 s on a processor of its own', {
  timeout: 60_000,
}, async () => {
  const server = await startServer();
  expect(server.readyMs).toBeLessThan(3_000);
  expect(server.waitedMs).toBeLessThan(30_000);
  server.kill('SIGINT');
  await server.exited;
});

test('the server creates an order, shows it, and stops', async () => {
  const server = await startServer();
  expect(await statusOf(`${server.url}/ready`)).toBe(200);
  expect(server.lines()).toMatchObject([
    { level: 'info', msg: 'ready', url: server.url },
    { level: 'warn', msg: expect.stringContaining('sandbox') },
  ]);

  const input = orderInput({ name: 'Zhang San' });
  const { outOrderNo } = input;
  expect(await server.create(input)).toMatchObject({ outOrderNo, orderId: expect.any(String) });
  const seen = await server.run(QUERY, { by: { outOrderNo } });
  expect(at(seen, 'data', 'payAfterOrder', 'state')).toBe('CREATED');

  server.kill('SIGINT');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toBe('');
  expect(JSON.stringify(server.lines())).not.toContain('Zhang San');
});

test('an order is still known after a restart, and its personal data are in no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'server-'));
  const sandbox = await startTestSandbox();
  const env = { DATABASE_URL: `sqlite:${join(folder, 'data', 'payafter.db')}` };
  const input = orderInput({ name: 'Zhang San' });
  const query = '{ orderRecords { edges { node { outOrderNo status lastEventCursor } } } }';
  const recorded = {
    outOrderNo: input['outOrderNo'],
    status: 'CREATED',
    lastEventCursor: expect.any(String),
  };

  const first = await startServer(sandbox, env);
  const created = await first.create(input);
  first.kill('SIGTERM');
  expect(await first.exited).toEqual({ code: 0, signal: null });

  const second = await startServer(sandbox, env);
  expect(await second.run(query)).toEqual({
    data: { orderRecords: { edges: [{ node: recorded }] } },
  });
  expect(await second.create(input)).toEqual(created);
  second.kill('SIGTERM');
  await second.exited;
  const files = await readdir(join(folder, 'data'));
  expect(files).toContain('payafter.db.key');
  for (const file of files) {
    expect(await readFile(join(folder, 'data', file), 'latin1')).not.toContain('Zhang San');
  }
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test('all problems of an invalid configuration are logged without a stack, and the exit code is 1', async () => {
  const server = spawnServer({ PORT: 'x', HOST: '0.0.0.0', WECHAT_MCHID: 'y' });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  const [title, ...problems] = server.stderr().trim().split('\n');
  expect(title).toBe("Can't start with this configuration:");
  const named = problems.map((line) => /^- ([A-Z_]+) /.exec(line)?.[1]);
  expect(named.toSorted()).toEqual([
    'API_KEYS_FILE',
    'HOST',
    'PORT',
    'WECHAT_MCHID',
    'WECHAT_MERCHANT_KEY',
    'WECHAT_MERCHANT_SERIAL',
    'WECHAT_PUBLIC_KEY',
  ]);
  expect(server.lines()).toEqual([]);
});

test('a .env with a byte order mark is read and logged, and one in UTF-16 ends the start', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'dotenv-'));
  const text = '\uFEFFGRAPHIQL=off\nPORT=0\nSANDBOX_PORT=0\n';
  await writeFile(join(cwd, '.env'), text);
  const server = spawnServer({}, [], cwd);
  const url = await server.logged('url');
  expect(await server.logged('names')).toBe('GRAPHIQL,PORT,SANDBOX_PORT');
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect(await page.text()).not.toContain('GraphiQL');
  server.kill('SIGTERM');
  await server.exited;

  await writeFile(join(cwd, '.env'), Buffer.from(text, 'utf16le'));
  const refused = spawnServer({}, [], cwd);
  expect(await refused.exited).toEqual({ code: 1, signal: null });
  expect(refused.stderr()).toMatch(/^Can't start with this configuration:\n- \.env is UTF-16/);
  await rm(cwd, { recursive: true });
});

test('a database that does not respond ends the start with what to do, and without its password', async () => {
  const env = {
    DATABASE_URL: 'postgres://payafter:hunter2@127.0.0.1:1/payafter',
    DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
  };
  const server = spawnServer({ PORT: '0', SANDBOX_PORT: '0', ...env });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.stderr()).toContain('the host and port of DATABASE_URL');
  expect(server.stderr()).not.toContain('    at ');
  expect(`${server.stderr()}${JSON.stringify(server.lines())}`).not.toContain('hunter2');
});

test.each(['PORT', 'SANDBOX_PORT'])(
  'a %s that is in use ends the start with what to do',
  async (variable) => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const server = spawnServer({ PORT: '0', SANDBOX_PORT: '0', [variable]: String(port) });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr()).toContain(`127.0.0.1:${port}`);
    expect(server.stderr()).toContain(`Set ${variable}`);
    expect(server.stderr()).not.toContain('    at ');
    other.close();
  },
);
