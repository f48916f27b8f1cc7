import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/ledger/database/open-store.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { see } from '../fixtures/ledger/observations.ts';
import { type PostgresServer, startPostgres } from '../fixtures/ledger/postgres.ts';
import { DATA_KEY } from '../fixtures/ledger/test-ledger.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const NOBODY = 65_534;
const DEAF = 'LISTEN receives nothing, polling for events: set DATABASE_LISTEN_URL';

/** Its defaults, but for where it listens and how it pools. */
async function startPgbouncer(postgresUrl: string, poolMode: 'session' | 'transaction') {
  const { hostname, port, username, password } = new URL(postgresUrl);
  const folder = await mkdtemp(join(tmpdir(), 'payafter-pgbouncer-'));
  const own = await freePort();
  await writeFile(join(folder, 'users.txt'), `"${username}" "${password}"\n`);
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
auth_type = trust
auth_file = ${folder}/users.txt
unix_socket_dir =
pool_mode = ${poolMode}
`,
  );
  await chmod(folder, 0o755);
  const child = spawn(PGBOUNCER, [join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    // It refuses to run as root.
    ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
  });
  await expect.poll(() => accepts(own)).toBe(true);
  const url = (direct: string) => {
    const through = new URL(direct);
    through.port = String(own);
    return through.href;
  };
  const stop = async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

describe.skipIf(!existsSync(PGBOUNCER))('behind PgBouncer with its defaults', () => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) {
      await close();
    }
  });
  afterAll(() => server.stop());

  async function freshDatabase(): Promise<string> {
    const name = `pooled_${Date.now()}`;
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return new URL(`/${name}`, server.url).href;
  }

  async function through(poolMode: 'session' | 'transaction') {
    const direct = await freshDatabase();
    const pooler = await startPgbouncer(direct, poolMode);
    closing.push(pooler.stop);
    return { direct, pooled: pooler.url(direct) };
  }

  async function instance(databaseUrl: string, listenUrl?: string) {
    const collected = collectLog();
    const ledger = await openLedger({
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
      const { direct, pooled } = await through(poolMode);
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
      expect(direct).not.toBe(pooled);
    },
  );

  test('in transaction mode the log says that LISTEN receives nothing, and events come by polling', async () => {
    const { pooled } = await through('transaction');
    const [one, other] = [await instance(pooled), await instance(pooled)];
    await see(one.ledger);
    await expect.poll(() => other.ledger.bus.head()).toBe(1);
    await expect.poll(() => other.log.text()).toContain(DEAF);
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
});
