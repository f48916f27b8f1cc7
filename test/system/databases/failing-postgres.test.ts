import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/ledger/database/open-store.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/ledger/postgres.ts';
import { DATA_KEY } from '../../fixtures/process/environment.ts';
import { startServer, statusOf } from '../../fixtures/process/server-process.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const LIST = '{ orderRecords(first: 100) { edges { node { outOrderNo } } } }';
const DONE = 'CreatePayAfterOrderPayload';
const UNAVAILABLE = 'LedgerUnavailableError';

let cluster: PostgresServer;
/** In the database of the server, as a user whom nothing restricts. */
let admin: pg.Client;
let url: string;
let server: Server;
let controls: string;

const run = async (...statements: readonly string[]) => {
  for (const statement of statements) {
    await admin.query(statement);
  }
};
const cut = () =>
  run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'`);
const control = (path: string, body: object = {}) =>
  fetch(`${controls}/sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const isReady = async () => (await statusOf(`${server.url}/ready`)) === 200;

beforeAll(async () => {
  cluster = await startPostgres();
  const first = new pg.Client({ connectionString: cluster.url });
  await first.connect();
  await first.query(`create role shop login password 'x'`);
  await first.query('create database shop owner shop');
  await first.end();
  const own = new URL('/shop', cluster.url);
  admin = new pg.Client({ connectionString: own.href });
  await admin.connect();
  own.username = 'shop';
  url = own.href;
  server = await startServer(undefined, { DATABASE_URL: url, DATA_KEY });
  controls = await server.logged('sandbox');
  await control('notify-schedule', { factor: 0.01 });
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.exited;
  await admin.end();
  await cluster.stop();
});

interface Case {
  readonly what: string;
  /** Returns how it ends. */
  readonly begin: () => Promise<() => Promise<void>>;
  readonly creates: typeof DONE | typeof UNAVAILABLE;
  readonly ready: 200 | 503;
  /** What the log says; null: nothing. */
  readonly words: RegExp | null;
}

const setting = (name: string, value: string) => async () => {
  await run(`alter database shop set ${name} = ${value}`);
  await cut();
  return async () => {
    await run('set default_transaction_read_only = off', `alter database shop reset ${name}`);
    await cut();
  };
};

const cases: readonly Case[] = [
  {
    what: 'another isolation level',
    begin: setting('default_transaction_isolation', 'serializable'),
    creates: DONE,
    ready: 200,
    words: null,
  },
  {
    what: 'read-only',
    begin: setting('default_transaction_read_only', 'on'),
    creates: UNAVAILABLE,
    ready: 503,
    words: /25006.*hint.*primary/,
  },
  {
    what: 'no connection left, and none of its own',
    begin: async () => {
      await run('alter role shop connection limit 0');
      await cut();
      return () => run('alter role shop connection limit -1');
    },
    creates: UNAVAILABLE,
    ready: 503,
    words: /53300.*hint.*max_connections/,
  },
  {
    what: 'no connection left, and some of its own',
    begin: async () => {
      await run('alter role shop connection limit 0');
      return () => run('alter role shop connection limit -1');
    },
    creates: DONE,
    ready: 200,
    words: null,
  },
  {
    what: 'a table locked',
    begin: async () => {
      await run('begin', 'lock table intents in share mode');
      return () => run('rollback');
    },
    creates: UNAVAILABLE,
    ready: 503,
    words: /57014.*hint.*lock/,
  },
  {
    what: 'another instance frozen in the middle of a write',
    begin: async () => {
      const frozen = await openStore(url);
      const begun = Promise.withResolvers<void>();
      const thawed = Promise.withResolvers<void>();
      const stuck = frozen
        .write(async () => {
          begun.resolve();
          await thawed.promise;
        })
        .catch(() => {});
      await begun.promise;
      return async () => {
        thawed.resolve();
        await stuck;
        await frozen.close();
      };
    },
    creates: DONE,
    ready: 200,
    words: null,
  },
];

test.each(cases)(
  'with $what the caller, /ready and the log say so, and nothing is lost',
  async ({ begin, creates, ready, words }) => {
    const before = orderInput();
    await server.create(before);
    const stateOfBefore = async () => {
      const { rows } = await admin.query<{ state: string }>(
        'select state_raw as state from orders where out_order_no = $1',
        [before['outOrderNo']],
      );
      return rows[0]?.state;
    };
    await expect.poll(stateOfBefore).toBe('CREATED');
    await expect.poll(isReady).toBe(true);
    const logged = server.lines().length;
    const problems = () =>
      server
        .lines()
        .slice(logged)
        .map((line) => JSON.stringify(line))
        .filter((line) => line.includes('"error"'))
        .join('\n');

    const input = orderInput();
    const end = await begin();
    try {
      expect(at(await server.create(input), '__typename')).toBe(creates);
      await control(`orders/${String(before['outOrderNo'])}/confirm`);
      // What the last write has shown is over.
      await sleep(1_100);
      await expect.poll(() => statusOf(`${server.url}/ready`)).toBe(ready);
      if (words === null) {
        expect(problems()).toBe('');
      } else {
        await expect.poll(problems).toMatch(words);
        await expect.poll(problems).toContain('not ready');
      }
    } finally {
      await end();
    }

    await expect.poll(isReady).toBe(true);
    expect(at(await server.create(input), '__typename')).toBe(DONE);
    const listed = JSON.stringify(await server.run(LIST));
    expect(listed.split(String(input['outOrderNo']))).toHaveLength(2);
    // The notification that could not be stored meanwhile was not acknowledged, and came again.
    await expect.poll(stateOfBefore).toBe('USER_ACCEPTED');
  },
);
