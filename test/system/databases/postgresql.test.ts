import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examinePermissions } from '../../../src/cli/doctor/secrets.ts';
import { openStore, tryStore } from '../../../src/ledger/database/open-store.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { pageAt } from '../../fixtures/docs/documents.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { closedPort } from '../../fixtures/http/http-server.ts';
import { at } from '../../fixtures/json.ts';
import { type PostgresCluster, startCluster } from '../../fixtures/ledger/postgres.ts';
import { DATA_KEY } from '../../fixtures/ledger/test-ledger.ts';
import { certificateOf, switchTlsOn } from '../../fixtures/ledger/tls.ts';
import { startServer, statusOf } from '../../fixtures/process/server-process.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { checkMessage } from '../../observability/walk/walk.ts';

const KEY = DATA_KEY.toString('base64');

let cluster: PostgresCluster;
let admin: pg.Client;
let folder: string;

beforeAll(async () => {
  cluster = await startCluster();
  admin = new pg.Client({ connectionString: cluster.url });
  await admin.connect();
  folder = await mkdtemp(join(tmpdir(), 'payafter-tls-'));
});
afterAll(async () => {
  await admin.end();
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** One after the other: some of them must not be in a transaction. */
async function run(client: pg.Client, statements: string): Promise<void> {
  for (const statement of statements.split(';').filter((text) => text.trim() !== '')) {
    await client.query(statement);
  }
}

const as = (role: string, password: string, database: string) =>
  Object.assign(new URL(cluster.url), { username: role, password, pathname: `/${database}` }).href;

/** Whether a server that connects with this URL starts, and creates an order. */
async function worksWith(url: string): Promise<void> {
  const server = await startServer(undefined, { DATABASE_URL: url, DATA_KEY: KEY });
  expect(at(await server.create(), '__typename')).toBe('CreatePayAfterOrderPayload');
  await expect.poll(() => statusOf(`${server.url}/ready`)).toBe(200);
  server.kill('SIGTERM');
  await server.exited;
  expect(server.lines().filter((line) => at(line, 'level') === 'error')).toEqual([]);
  expect(server.stderr()).toBe('');
}

test('the rights of the page are enough for the server and for the doctor, whether it owns its database, a schema, or nothing', async () => {
  const [owner = '', schema = '', restricted = ''] = pageAt('docs/operations/postgresql.md')
    .snippets.filter(({ language }) => language === 'sql')
    .map(({ code }) => code);
  await run(admin, owner);
  await worksWith(as('payafter', 'change-me', 'payafter'));
  expect(await tryStore(as('payafter', 'change-me', 'payafter'))).toBe('usable');
  await run(admin, 'drop database payafter; drop role payafter; create database shop');
  await run(admin, 'revoke all on database shop from public');

  const shop = new pg.Client({ connectionString: as('postgres', 'x', 'shop') });
  await shop.connect();
  await run(shop, schema);
  await worksWith(as('payafter', 'change-me', 'shop'));
  await run(shop, restricted);
  await worksWith(as('payafter_server', 'change-me-too', 'shop'));
  expect(await tryStore(as('payafter_server', 'change-me-too', 'shop'))).toBe('usable');
  const outside = await shop.query(`select 1 from pg_tables where schemaname = 'public'`);
  expect(outside.rows).toEqual([]);
  await shop.end();
});

test('a connection for LISTEN that fails is logged once, with the reason and a hint', async () => {
  const collected = collectLog();
  const listenUrl = Object.assign(new URL(cluster.url), {
    port: new URL(await closedPort()).port,
  }).href;
  const { log } = collected;
  const ledger = await openLedger({ databaseUrl: cluster.url, listenUrl, dataKey: DATA_KEY, log });
  await sleep(1_200);
  await ledger.close();
  const about = { code: 'ECONNREFUSED', hint: expect.stringContaining('running') };
  expect(collected.entries()).toMatchObject([
    { level: 'warn', msg: 'LISTEN failed, polling for events', err: about },
  ]);
  checkMessage('LISTEN failed, polling for events', collected);
});

test('a PostgreSQL without TLS is named, with a hint', async () => {
  await expect(opened('sslmode=require')).rejects.toThrow(
    /^Can't open the database: The server does not support SSL connections.*ssl = on/,
  );
});

describe('TLS', () => {
  const ca = { name: 'CA of the test', keys: rsaKeys() };
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  let caFile: string;
  let otherCa: string;
  let client: string;

  beforeAll(async () => {
    await switchTlsOn(admin, ca);
    const shopper = rsaKeys();
    const own = certificateOf({ name: 'shop', keys: shopper, issuer: ca });
    caFile = await file('ca.pem', certificateOf(ca));
    otherCa = await file('other.pem', certificateOf({ name: 'other', keys: rsaKeys() }));
    const certFile = await file('client.crt', own);
    client = `sslcert=${certFile}&sslkey=${await file('client.key', shopper.privatePem)}`;
  });

  const withCa = (options: string) => `${options}&sslrootcert=${caFile}`;

  test.each([
    { url: 'nothing about TLS', options: () => '', is: { ssl: false } },
    { url: 'sslmode=disable', options: () => 'sslmode=disable', is: { ssl: false } },
    {
      url: 'a CA and sslmode=disable',
      options: () => withCa('sslmode=disable'),
      is: { ssl: false },
    },
    { url: 'only a CA', options: () => withCa(''), is: { ssl: true } },
    ...['prefer', 'require', 'verify-ca', 'verify-full'].map((mode) => ({
      url: `sslmode=${mode}`,
      options: () => withCa(`sslmode=${mode}`),
      is: { ssl: true },
    })),
    { url: 'sslmode=no-verify', options: () => 'sslmode=no-verify', is: { ssl: true } },
    {
      url: 'sslnegotiation=direct',
      options: () => withCa('sslmode=require&sslnegotiation=direct'),
      is: { ssl: true },
    },
    {
      url: 'a certificate of the client',
      options: () => withCa(`sslmode=require&${client}`),
      is: { ssl: true, client_dn: '/CN=shop' },
    },
  ])('with $url in the URL, connections are as the page says', async ({ options, is }) => {
    const warnings: unknown[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    const store = await openStore(urlWith(options()));
    const mine = sql`select ssl, client_dn from pg_stat_ssl where pid = pg_backend_pid()`;
    expect((await mine.execute(store.db)).rows).toMatchObject([is]);
    await store.close();
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  test('the doctor warns about a key of the client that every user can read', () => {
    const url = urlWith(withCa(client));
    expect(examinePermissions({}, url).filter(({ what }) => what === 'sslkey')).toEqual([
      { grade: 'warn', what: 'sslkey', say: expect.stringContaining('chmod 600') },
    ]);
  });

  test('with uselibpqcompat=true verify-ca does not check the host name', async () => {
    const options = `uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${caFile}`;
    await (await openStore(urlWith(options, '127.0.0.1'))).close();
    const other = openStore(urlWith(options.replace(caFile, otherCa), '127.0.0.1'));
    await expect(other).rejects.toThrow('certificate');
  });

  const UNKNOWN = '(unable to verify the first certificate|self-signed certificate in certificate)';

  test.each([
    ['without the CA', () => urlWith('sslmode=require'), UNKNOWN, 'sslrootcert'],
    ['with another CA', () => urlWith(`sslrootcert=${otherCa}`), UNKNOWN, 'sslrootcert'],
    [
      'under a name that the certificate does not have',
      () => urlWith(`sslmode=verify-ca&sslrootcert=${caFile}`, '127.0.0.1'),
      "Hostname/IP does not match certificate's altnames",
      'host name',
    ],
  ])('a server %s is refused, with the reason and a hint', async (_what, url, words, hint) => {
    const { log } = collectLog();
    const ledger = openLedger({ databaseUrl: url(), dataKey: DATA_KEY, log });
    await expect(ledger).rejects.toThrow(
      new RegExp(`^Can't open the database: ${words}.*\\. .*${hint}`),
    );
  });

  test('with sslmode=require all connections use TLS, nothing is printed, and the server survives the loss of the CA file', async () => {
    await run(admin, 'create database tls');
    const removed = await file('removed.pem', certificateOf(ca));
    const url = urlWith(`sslmode=require&sslrootcert=${removed}`).replace('/postgres?', '/tls?');
    const server = await startServer(undefined, { DATABASE_URL: url, DATA_KEY: KEY });
    const connections = async () =>
      (
        await admin.query(`select distinct ssl, query like 'listen %' as listens
          from pg_stat_ssl join pg_stat_activity using (pid) where datname = 'tls' order by 2`)
      ).rows;
    const both = [
      { ssl: true, listens: false },
      { ssl: true, listens: true },
    ];
    expect(at(await server.create(), '__typename')).toBe('CreatePayAfterOrderPayload');
    await expect.poll(connections).toEqual(both);
    await rm(removed);
    await run(
      admin,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'tls'`,
    );
    const created = async () => at(await server.create(orderInput()), '__typename');
    await expect.poll(created).toBe('CreatePayAfterOrderPayload');
    await expect.poll(connections).toEqual(both);
    server.kill('SIGTERM');
    expect(await server.exited).toMatchObject({ code: 0 });
    expect(server.stderr()).toBe('');
  });

  test('a PostgreSQL that requires TLS says so, with a hint', async () => {
    const hba = await admin.query<{ hba_file: string }>('show hba_file');
    await writeFile(hba.rows[0]?.hba_file ?? '', 'hostssl all all all password\n');
    await run(admin, 'select pg_reload_conf()');
    const refusal = () => opened('').catch(String);
    await expect.poll(refusal).toMatch(/no pg_hba\.conf entry.*no encryption.*sslmode=verify-full/);
    await (await opened(`sslrootcert=${caFile}`)).close();
  });
});

function urlWith(options: string, host = 'localhost'): string {
  return `${Object.assign(new URL(cluster.url), { hostname: host }).href}?${options}`;
}

function opened(options: string) {
  const { log } = collectLog();
  return openLedger({ databaseUrl: urlWith(options), dataKey: DATA_KEY, log });
}
