import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/ledger/database/open-store.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { pageAt } from '../../fixtures/docs/documents.ts';
import { at } from '../../fixtures/json.ts';
import { HAS_PGBOUNCER, startPgbouncer } from '../../fixtures/ledger/pgbouncer.ts';
import { type PostgresCluster, startCluster } from '../../fixtures/ledger/postgres.ts';
import { DATA_KEY } from '../../fixtures/ledger/test-ledger.ts';
import { certificateOf, switchTlsOn } from '../../fixtures/ledger/tls.ts';
import { startServer, statusOf } from '../../fixtures/process/server-process.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const snippetsOf = (page: string) =>
  pageAt(page)
    .snippets.filter(({ language }) => language === 'ini' || language === 'sql')
    // Comments are in the language of the page.
    .map(({ code }) => code.replaceAll(/^#.*\n/gm, ''));
const PAGE = 'docs/operations/postgresql.md';
const [POOLER = '', , TLS = '', VARIABLES = ''] = pageAt(PAGE)
  .snippets.filter(({ language }) => language === 'ini')
  .map(({ code }) => code);
const { DATABASE_URL = '', DATABASE_LISTEN_URL = '' } = parseEnv(VARIABLES);
const CA_FILE = '/etc/payafter/pg-ca.pem';

test('the page has the same configurations in both languages', () => {
  expect(snippetsOf('docs/zh/operations/postgresql.md')).toEqual(snippetsOf(PAGE));
});

describe.skipIf(!HAS_PGBOUNCER)('TLS through PgBouncer as the page configures it', () => {
  const ca = { name: 'CA of the test', keys: rsaKeys() };
  const pooler = rsaKeys();
  let cluster: PostgresCluster;
  let admin: pg.Client;
  let folder: string;
  const files = { right: '', wrong: '' };
  const poolers: { readonly stop: () => Promise<void> }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'payafter-tls-'));
    files.right = join(folder, 'ca.pem');
    files.wrong = join(folder, 'other.pem');
    await writeFile(files.right, certificateOf(ca));
    await writeFile(files.wrong, certificateOf({ name: 'other', keys: rsaKeys() }));
    cluster = await startCluster();
    admin = new pg.Client({ connectionString: cluster.url });
    await admin.connect();
    await switchTlsOn(admin, ca);
    await admin.query(`create role payafter login password 'change-me'`);
    await admin.query('create database payafter owner payafter');
    const hba = await admin.query<{ hba_file: string }>('show hba_file');
    await writeFile(hba.rows[0]?.hba_file ?? '', 'hostssl all all all scram-sha-256\n');
    await admin.query('select pg_reload_conf()');
  });
  afterAll(async () => {
    await Promise.all(poolers.map(({ stop }) => stop()));
    await admin.end();
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  /** A URL of the page, on this machine. */
  const local = (url: string, port: number | string, caFile: string) =>
    Object.assign(new URL(url.replace(CA_FILE, caFile)), { hostname: 'localhost', port }).href;

  /** The URL of a PgBouncer that trusts this CA for PostgreSQL. */
  async function through(caOfPostgres: string): Promise<number> {
    const started = await startPgbouncer({
      postgresUrl: Object.assign(new URL(cluster.url), { hostname: 'localhost' }).href,
      configuration: `${POOLER}${TLS}`,
      files: {
        'userlist.txt': '"payafter" "change-me"\n',
        'pooler.crt': certificateOf({ name: 'localhost', keys: pooler, issuer: ca }),
        'pooler.key': pooler.privatePem,
        'pg-ca.pem': caOfPostgres,
      },
    });
    poolers.push(started);
    return started.port;
  }

  const opened = (databaseUrl: string) => {
    const { log } = collectLog();
    return openLedger({ databaseUrl, dataKey: DATA_KEY, log });
  };

  test('server, PgBouncer and PostgreSQL verify certificates, and an order is created', async () => {
    const port = await through(certificateOf(ca));
    const url = local(DATABASE_URL, port, files.right);
    const server = await startServer(undefined, {
      DATABASE_URL: url,
      DATABASE_LISTEN_URL: local(DATABASE_LISTEN_URL, new URL(cluster.url).port, files.right),
      DATA_KEY: DATA_KEY.toString('base64'),
    });
    expect(at(await server.create(), '__typename')).toBe('CreatePayAfterOrderPayload');
    await expect.poll(() => statusOf(`${server.url}/ready`)).toBe(200);
    const store = await openStore(url);
    const mine = sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    expect((await mine.execute(store.db)).rows).toEqual([{ ssl: true }]);
    await store.close();
    server.kill('SIGTERM');
    expect(await server.exited).toMatchObject({ code: 0 });
    expect(server.lines().filter((line) => at(line, 'level') !== 'info')).toEqual([
      expect.objectContaining({ sandbox: expect.any(String) }),
    ]);
    expect(server.stderr()).toBe('');

    const certificate =
      /(unable to verify the first certificate|self-signed certificate).*sslrootcert/;
    await expect(opened(local(DATABASE_URL, port, files.wrong))).rejects.toThrow(certificate);
    await expect(opened(url.split('?')[0] ?? '')).rejects.toThrow(/^Can't open the database: /);
  });

  test('a PostgreSQL whose certificate PgBouncer does not trust is not used', async () => {
    const port = await through(certificateOf({ name: 'other', keys: rsaKeys() }));
    await expect(opened(local(DATABASE_URL, port, files.right))).rejects.toThrow(
      /^Can't open the database: /,
    );
  });
});
