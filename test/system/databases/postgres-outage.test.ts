import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  postgresDialect,
  postgresPool,
} from '../../../src/ledger/database/postgres/connections.ts';
import { eventsOf, see } from '../../fixtures/ledger/observations.ts';
import { type PostgresServer, startPostgres } from '../../fixtures/ledger/postgres.ts';
import { BEGINNING, openTestLedger } from '../../fixtures/ledger/test-ledger.ts';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test('a write while the database is away rejects, and one after it is back succeeds', async () => {
  const ledger = await openTestLedger({ url: await server.freshUrl(), now: BEGINNING });
  await see(ledger, { outOrderNo: 'before' });
  await server.halt();
  await expect.poll(() => ledger.isWritable()).toBe(false);
  const during = Array.from({ length: 5 }, (_, index) => see(ledger, { outOrderNo: `${index}` }));
  const outcomes = await Promise.allSettled(during);
  expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  await server.resume();
  await expect.poll(() => ledger.isWritable()).toBe(true);
  await see(ledger, { outOrderNo: 'after' });
  const numbers = (await eventsOf(ledger)).map((event) => event.out_order_no);
  expect(numbers).toEqual(['before', 'after']);

  // Its events get out again, too.
  await expect.poll(() => ledger.bus.head()).toBe(2);
  await ledger.close();
});

test('while an instance is frozen in the middle of a write the others wait, and do not fail', async () => {
  const url = await server.freshUrl();
  const [frozen, other] = await Promise.all([openTestLedger({ url }), openTestLedger({ url })]);
  const thawing = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const stuck = frozen.store.write(async (tx) => {
    begun.resolve();
    await thawing.promise;
    return sql`select 1`.execute(tx);
  });
  await begun.promise;
  const since = performance.now();
  expect(await other.store.write(() => Promise.resolve('written'))).toBe('written');
  expect(performance.now() - since).toBeLessThan(3_500);
  thawing.resolve();
  await expect(stuck).rejects.toThrow();
  await Promise.all([frozen.close(), other.close()]);
});

test('at the connection limit of PostgreSQL callers share the connections that the pool has', async () => {
  const url = await server.freshUrl();
  const role = `limited_${Date.now()}`;
  const admin = new Kysely({ dialect: postgresDialect(postgresPool(url)) });
  await sql`create role ${sql.id(role)} login password 'x' connection limit 3`.execute(admin);
  const limited = new URL(url);
  limited.username = role;
  const pool = postgresPool(limited.href);
  const db = new Kysely({ dialect: postgresDialect(pool) });
  const queries = Array.from({ length: 40 }, () => sql`select pg_sleep(0.01)`.execute(db));
  const outcomes = await Promise.allSettled(queries);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(pool.totalCount).toBeLessThanOrEqual(3);
  await db.destroy();
  await sql`drop role ${sql.id(role)}`.execute(admin);
  await admin.destroy();
});

test('if PostgreSQL has no connection left at all, every caller soon learns why', async () => {
  const url = await server.freshUrl();
  const role = `none_${Date.now()}`;
  const admin = new Kysely({ dialect: postgresDialect(postgresPool(url)) });
  await sql`create role ${sql.id(role)} login password 'x' connection limit 0`.execute(admin);
  const limited = new URL(url);
  limited.username = role;
  const db = new Kysely({ dialect: postgresDialect(postgresPool(limited.href)) });
  const queries = Array.from({ length: 40 }, () => sql`select 1`.execute(db));
  const outcomes = await Promise.allSettled(queries);
  const codes = outcomes.map((outcome) => 'reason' in outcome && outcome.reason.code);
  expect(codes).toEqual(Array(40).fill('53300'));
  await db.destroy();
  await sql`drop role ${sql.id(role)}`.execute(admin);
  await admin.destroy();
});

test('a connection that breaks between two statements fails only that write', async () => {
  const { store, close } = await openTestLedger({ url: await server.freshUrl() });
  const broken = store.write(async (tx) => {
    const own = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    const pid = own.rows[0]?.pid ?? 0;
    await sql`select pg_terminate_backend(${pid})`.execute(store.db);
    await sleep(100);
    return sql`select 1`.execute(tx);
  });
  await expect(broken).rejects.toThrow();
  expect(await store.write(() => Promise.resolve('written'))).toBe('written');
  await close();
});

test('connections whose other end is gone without a word are given up in time', async () => {
  using way = await openWay(await server.freshUrl());
  const db = new Kysely({
    dialect: postgresDialect(postgresPool(way.url, { connectionSeconds: 2 })),
  });
  const works = () =>
    sql`select 1`.execute(db).then(
      () => true,
      () => false,
    );
  expect(await Promise.all(Array.from({ length: 8 }, works))).toEqual(Array(8).fill(true));
  way.silence();
  expect(await works()).toBe(false);
  await expect.poll(works).toBe(true);
  expect(await Promise.all(Array.from({ length: 8 }, works))).toEqual(Array(8).fill(true));
  await db.destroy();
});

/** A way to the database; `silence` has the connections that are open now carry nothing any more. */
async function openWay(url: string) {
  const { port, hostname } = new URL(url);
  const open = new Set<Socket>();
  const front = createServer((socket) => {
    const behind = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' && address?.port);
  return {
    url: through.href,
    silence: () => {
      for (const socket of open) {
        socket.unpipe();
        socket.pause();
      }
    },
    [Symbol.dispose]: () => {
      for (const socket of open) {
        socket.destroy();
      }
      front.close();
    },
  };
}
