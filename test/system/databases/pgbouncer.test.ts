import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { examine } from '../../../src/cli/doctor/examine.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { openStore } from '../../../src/ledger/database/open-store.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { pageAt } from '../../fixtures/docs/documents.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import { HAS_PGBOUNCER, startPgbouncer } from '../../fixtures/ledger/pgbouncer.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/ledger/postgres.ts';
import { BEGINNING, DATA_KEY } from '../../fixtures/ledger/test-ledger.ts';
import { checkMessage } from '../../observability/walk/walk.ts';

const KEY = DATA_KEY.toString('base64');
const DEAF = 'LISTEN receives nothing, polling for events: set DATABASE_LISTEN_URL';

const page = pageAt('docs/operations/postgresql.md');
const [CONFIGURATION = '', VARIABLES = ''] = page.snippets
  .filter(({ language }) => language === 'ini')
  .map(({ code }) => code);
const [, USERS = ''] = /`userlist.txt` has the line `([^`]+)`/.exec(page.text) ?? [];
const { DATABASE_URL = '', DATABASE_LISTEN_URL = '' } = parseEnv(VARIABLES);

describe.skipIf(!HAS_PGBOUNCER)('behind PgBouncer as the page configures it', () => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    const { username, password } = new URL(DATABASE_LISTEN_URL);
    await administer(`create role ${username} login password '${password}'`);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) {
      await close();
    }
  });
  afterAll(() => server.stop());

  async function administer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  /** The URLs of the page, of a new database. */
  async function through(poolMode: 'session' | 'transaction') {
    const name = `pooled_${Date.now()}`;
    await administer(`create database ${name} owner ${new URL(DATABASE_LISTEN_URL).username}`);
    const pooler = await startPgbouncer({
      postgresUrl: server.url,
      configuration: CONFIGURATION,
      files: { 'userlist.txt': `${USERS}\n` },
      changes: [['pool_mode = session', `pool_mode = ${poolMode}`]],
    });
    closing.push(pooler.stop);
    const local = (url: string, port: number | string) =>
      Object.assign(new URL(url), { hostname: '127.0.0.1', port, pathname: `/${name}` }).href;
    return {
      direct: local(DATABASE_LISTEN_URL, new URL(server.url).port),
      pooled: local(DATABASE_URL, pooler.port),
    };
  }

  async function instance(databaseUrl: string, listenUrl?: string) {
    const collected = collectLog();
    const ledger = await openLedger({
      now: BEGINNING,
      databaseUrl,
      listenUrl,
      dataKey: DATA_KEY,
      log: collected.log,
    });
    closing.push(ledger.close);
    return { ledger, log: collected };
  }

  test.each(['session', 'transaction'] as const)(
    'in %s mode two instances start and write, and each write has its time-outs, which no other session gets',
    async (poolMode) => {
      const { pooled } = await through(poolMode);
      const [one, other] = await Promise.all([instance(pooled), instance(pooled)]);
      const writes = Array.from({ length: 60 }, (_, index) =>
        see(index % 2 ? one.ledger : other.ledger, { outOrderNo: `N${index}` }),
      );
      expect(new Set((await Promise.all(writes)).map(({ outcome }) => outcome))).toEqual(
        new Set(['applied']),
      );
      await expect.poll(() => one.ledger.bus.head()).toBe(60);
      const store = await openStore(pooled);
      closing.push(store.close);
      const settings = sql<{ statement: string; idle: string }>`
      select current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`;
      const inWrite = await store.write((tx) => settings.execute(tx));
      expect(inWrite.rows).toEqual([{ statement: '3500ms', idle: '2s' }]);
      const after = await Promise.all(Array.from({ length: 8 }, () => settings.execute(store.db)));
      expect(new Set(after.flatMap(({ rows }) => rows.map(({ statement }) => statement)))).toEqual(
        new Set(['0']),
      );
    },
  );

  test('in transaction mode the log says that LISTEN receives nothing, and events come by polling', async () => {
    const { pooled } = await through('transaction');
    const [one, other] = [await instance(pooled), await instance(pooled)];
    await see(one.ledger);
    await expect.poll(() => other.ledger.bus.head()).toBe(1);
    await expect.poll(() => other.log.text()).toContain(DEAF);
    checkMessage('LISTEN receives nothing, polling for events: set DATABASE_LISTEN_URL', other.log);
  });

  test.each([
    ['in session mode', 'session', false],
    ['in transaction mode with DATABASE_LISTEN_URL', 'transaction', true],
  ] as const)(
    '%s notifications arrive, and the log says nothing',
    async (_title, poolMode, past) => {
      const { direct, pooled } = await through(poolMode);
      const { log } = await instance(pooled, past ? direct : undefined);
      await sleep(6_000);
      expect(log.text()).not.toContain(DEAF);
    },
  );

  test('the doctor says whether notifications arrive, and what to set', async () => {
    const { direct, pooled } = await through('transaction');
    const listenOf = async (listenUrl?: string) => {
      const variables = { DATABASE_URL: pooled, DATABASE_LISTEN_URL: listenUrl };
      const found: Finding[] = [];
      for await (const finding of examine({ ...variables, DATA_KEY: KEY })) {
        found.push(finding);
      }
      return found.filter(({ what }) => what === 'LISTEN');
    };
    const wrong = Object.assign(new URL(direct), { password: 'wrong' }).href;
    expect(await listenOf()).toMatchObject([
      { grade: 'warn', say: expect.stringContaining('set DATABASE_LISTEN_URL') },
    ]);
    expect(await listenOf(direct)).toMatchObject([{ grade: 'ok' }]);
    expect(await listenOf(wrong)).toMatchObject([
      { grade: 'FAIL', say: expect.stringContaining('password') },
    ]);
  });
});
