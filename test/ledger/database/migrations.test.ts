import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS, type Visibility } from '../../../src/domain/visibility.ts';
import { SCHEMA_VERSION } from '../../../src/ledger/database/migrations.ts';
import { copySqliteFile } from '../../../src/ledger/database/sqlite/sqlite-file.ts';
import { databases, startSqlite, useDatabase } from '../../fixtures/ledger/databases.ts';
import { acquire } from '../../fixtures/ledger/intended.ts';
import {
  bodyOf,
  IDS,
  makeLedgerOf01,
  VERSION_OF_0_1,
} from '../../fixtures/ledger/ledger-of-0.1.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import { NEWEST, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';

const ANN: Visibility = { kind: 'own', owner: 'ann' };
const pathOf = (url: string) => url.slice('sqlite:'.length);
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe.each(databases)('a ledger of 0.1, on $name', ({ start }) => {
  const database = useDatabase(start);

  async function migrated(now = () => 10_000): Promise<TestLedger> {
    const url = await database.freshUrl();
    const old = await makeLedgerOf01(url);
    await old.destroy();
    return await database.openLedger({ url, now });
  }

  test('a ledger of 0.1 has the same orders after its migration', async () => {
    const ledger = await migrated();
    const page = await ledger.listOrders({
      ...NEWEST,
      visibility: ALL_ORDERS,
      filter: { product: 'PAY_AFTER' },
      size: 10,
    });
    expect(page.rows.filter(({ stateRaw }) => stateRaw !== null).toReversed()).toMatchObject(
      [
        ['CREATED', 'CREATED', 'CREATED', 'ann'],
        ['ACCEPTED', 'ACCEPTED', 'USER_ACCEPTED', 'ann'],
        ['FINISHED', 'COMPLETED', 'FINISHED', 'bob'],
        ['PAID', 'PAID', 'USER_PAID', 'ann'],
        ['REVOKED', 'CANCELED', 'REVOKED', null],
        ['EXPIRED', 'EXPIRED', 'EXPIRED', 'bob'],
        ['NEWER', 'UNKNOWN', 'UNKNOWN', null],
      ].map(([outOrderNo, status, state, owner], index) => ({
        product: 'PAY_AFTER',
        outOrderNo,
        appid: IDS.appid,
        serviceId: IDS.service_id,
        status,
        stateRaw: outOrderNo === 'NEWER' ? 'PARTLY_PAID' : state,
        owner,
        createdAt: 1_000 + index,
        statusSince: 1_100 + index,
        observedAt: 1_200 + index,
        lastEventId: 1 + index,
      })),
    );
    const paid = ledger.store.db.selectFrom('orders').select(['risk_amount', 'paid_amount']);
    expect(await paid.where('out_order_no', '=', 'PAID').execute()).toEqual([
      { risk_amount: 900, paid_amount: 250 },
    ]);
  });

  test('a ledger of 0.1 has the same events, with the owners of their orders', async () => {
    const ledger = await migrated();
    const events = await ledger.eventsAfter({ cursor: 0, limit: 100 });
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events[5]).toEqual({
      id: 6,
      type: 'STATUS_CHANGED',
      product: 'PAY_AFTER',
      outOrderNo: 'PAID',
      status: 'PAID',
      previousStatus: 'COMPLETED',
      state: 'USER_PAID',
      stateRaw: 'USER_PAID',
      stateDescriptionRaw: null,
      collectionStateRaw: null,
      previousState: 'FINISHED',
      source: 'NOTIFICATION',
      occurredAt: 15,
      receivedAt: 25,
      owner: 'ann',
      claimant: null,
    });
    const own = await ledger.eventsAfter({ cursor: 1, visibility: ANN, limit: 100 });
    expect(own.map(({ id }) => id)).toEqual([2, 3, 5, 6]);
    expect(await ledger.findEvent(ANN, 6)).toMatchObject({ id: 6 });
    expect(await ledger.findEvent(ANN, 8)).toBeNull();
    const order = { product: 'PAY_AFTER', outOrderNo: 'NEWER' } as const;
    const [page] = await ledger.listEvents([{ ...order, first: 10, after: 0 }]);
    expect(page?.rows.map(({ stateRaw }) => stateRaw)).toEqual(['USER_ACCEPTED', 'PARTLY_PAID']);
  });

  test('a migrated ledger of 0.1 continues with its cursors, states and contradictions', async () => {
    const ledger = await migrated();
    const seen = { appid: IDS.appid, serviceId: IDS.service_id, riskAmount: 900 };
    expect(await see(ledger, { ...seen, outOrderNo: 'NEWER', state: 'CREATED' })).toEqual({
      outcome: 'nothing-new',
    });
    await see(ledger, { ...seen, outOrderNo: 'NEWER', state: 'FINISHED', owner: 'ann' });
    const own = await ledger.eventsAfter({ cursor: 3, visibility: ANN, limit: 100 });
    expect(own.map(({ id }) => id)).toEqual([4, 5, 6, 7, 10_000]);
    const other = { ...seen, outOrderNo: 'PAID', state: 'USER_PAID', totalAmount: 251 };
    expect(await see(ledger, other)).toEqual({ outcome: 'suspicious', reason: 'total_amount' });
  });

  test.each([
    ['a create that is done', { outOrderNo: 'PAID', canonical: '1', owner: 'ann' }, 'i1', true],
    [
      'a complete that is done',
      { operation: 'complete', outOrderNo: 'PAID', canonical: '2' },
      'i2',
      true,
    ],
    ['an open create', { outOrderNo: 'OPEN', canonical: '3', owner: 'ann' }, 'i3', false],
    ['one that was not found', { outOrderNo: 'ABSENT', canonical: '5' }, 'i5', false],
  ] as const)(
    'a migrated ledger of 0.1 sends the same bytes again for %s',
    async (_what, input, id, succeededBefore) => {
      const ledger = await migrated();
      const acquired = await acquire(ledger, input);
      expect(acquired).toMatchObject({ id, repeated: true, succeededBefore });
      expect(acquired.prepared).toMatchObject({ target: '/target', platformSerial: 'SERIAL' });
      expect(text(acquired.prepared.body)).toBe(bodyOf(id));
      const other = acquire(ledger, { ...input, canonical: 'other' });
      await expect(other).rejects.toMatchObject({ name: 'OrderConflictError' });
    },
  );

  test('a migrated ledger of 0.1 releases refused numbers, and keeps the owners of open creates', async () => {
    const ledger = await migrated();
    const free = await acquire(ledger, { outOrderNo: 'REFUSED', canonical: 'other' });
    expect(free.repeated).toBe(false);
    const of = (outOrderNo: string) =>
      ledger.findOwnership({ owner: 'ann', product: 'PAY_AFTER', outOrderNo });
    expect(await of('PAID')).toBe('own');
    expect(await of('FINISHED')).toBe('foreign');
    expect(await of('REVOKED')).toBe('unowned');
    expect(await of('OPEN')).toMatchObject({ isRecorded: false });
    expect(await ledger.countOpenIntents()).toBe(2);
  });

  test('after the migration of a ledger of 0.1 the reconciler queries what was due, and no finished write', async () => {
    const ledger = await migrated();
    const due = await ledger.claimDue(10);
    expect(due.intents.map(({ id }) => id)).toEqual(['i3']);
    expect(text(due.intents[0]?.body ?? undefined)).toBe(bodyOf('i3'));
    expect(due.orders.map(({ outOrderNo }) => outOrderNo)).toEqual(['CREATED']);
  });

  test('a migrated ledger of 0.1 recognizes its earlier notifications', async () => {
    const ledger = await migrated();
    const again = (id: string) =>
      ledger.saveNotification({
        id,
        eventType: 'PAYSCORE.USER_PAID',
        product: 'PAY_AFTER',
        outOrderNo: 'PAID',
        payload: '{}',
        contradiction: null,
        observation: null,
      });
    expect(await again('n1')).toEqual({ outcome: 'applied', reason: null });
    expect(await again('n2')).toEqual({ outcome: 'suspicious', reason: 'total_amount' });
    expect(await again('n3')).toEqual({ outcome: 'kept', reason: null });
  });

  test('a ledger of 0.1 that several servers open at the same moment is migrated once', async () => {
    const url = await database.freshUrl();
    await (await makeLedgerOf01(url)).destroy();
    const ledgers = await Promise.all([1, 2, 3].map(() => database.openLedger({ url })));
    for (const ledger of ledgers) {
      expect(await ledger.eventsAfter({ cursor: 0, limit: 100 })).toHaveLength(8);
    }
    const { rows } = await sql`select version from schema_version`.execute(
      (await database.openStore(url)).db,
    );
    expect(rows).toEqual([{ version: SCHEMA_VERSION }]);
  });
});

describe('the copy of a SQLite ledger before its migration', () => {
  const database = useDatabase(startSqlite);

  const copiesOf = async (path: string) => {
    const names = await readdir(dirname(path));
    return names.filter((name) => name.startsWith(`${basename(path)}.schema-`)).toSorted();
  };

  function countsIn(path: string) {
    const file = new DatabaseSync(path);
    const count = (query: string) => Number(Object.values(file.prepare(query).get() ?? {})[0]);
    const counts = {
      version: count('select version from schema_version'),
      orders: count('select count(*) from orders'),
      intents: count('select count(*) from intents'),
      events: count('select count(*) from events'),
      notices: count('select count(*) from notices'),
    };
    const integrity = file.prepare('pragma integrity_check').get();
    file.close();
    return { ...counts, integrity: integrity?.['integrity_check'] };
  }
  const OLD = {
    version: VERSION_OF_0_1,
    orders: 7,
    intents: 6,
    events: 8,
    notices: 3,
    integrity: 'ok',
  };

  test('the copy of a SQLite ledger before its migration is beside it, private, complete and logged', async () => {
    const url = await database.freshUrl();
    await (await makeLedgerOf01(url)).destroy();
    const ledger = await database.openLedger({ url });
    expect(ledger.logged).toEqual([
      'migrating the ledger',
      'copied the ledger before its migration',
      ...['orders', 'orders', 'events', 'events'].map(() => 'migrating the ledger'),
      'migrated the ledger',
    ]);
    const copy = `${pathOf(url)}.schema-2`;
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect(countsIn(copy)).toEqual(OLD);
    await ledger.close();
    await (await database.openLedger({ url })).close();
    expect(await copiesOf(pathOf(url))).toEqual([basename(copy)]);
  });

  test('the copy of a SQLite ledger includes its write-ahead log, and replaces no earlier copy', async () => {
    const url = await database.freshUrl();
    const path = pathOf(url);
    const old = await makeLedgerOf01(url);
    const other = new DatabaseSync(`${path}.schema-2`);
    other.exec('create table earlier (one)');
    other.close();
    // The open connection keeps the log from being written back and removed.
    const ledger = await database.openLedger({ url });
    await old.destroy();
    expect(countsIn(`${path}.schema-2-2`)).toEqual(OLD);
    expect((await stat(`${path}.schema-2`)).size).toBeLessThan(20_000);
    await ledger.close();
  });

  test('copying a SQLite ledger does not release the lock of the migration', async () => {
    const url = await database.freshUrl();
    const path = pathOf(url);
    await (await makeLedgerOf01(url)).destroy();
    const holder = new DatabaseSync(path);
    holder.exec('begin immediate; update schema_version set version = version');
    await copySqliteFile(path, 'copy');
    // A process that closes the file last removes the log: not while another one uses it.
    const script = `new (require('node:sqlite').DatabaseSync)(process.argv[1]).close()`;
    await promisify(execFile)(process.execPath, ['-e', script, path]);
    holder.exec('create table later (one); commit');
    holder.close();
    const file = new DatabaseSync(path);
    expect(file.prepare("select name from sqlite_master where name = 'later'").all()).toHaveLength(
      1,
    );
    file.close();
    expect(await readdir(dirname(path))).toContain(`${basename(path)}.copy`);
  });

  test('a kill at any moment of the migration leaves the earlier version complete', {
    timeout: 120_000,
  }, async () => {
    const url = await database.freshUrl();
    const path = pathOf(url);
    await (await makeLedgerOf01(url)).destroy();
    const script = fileURLToPath(
      new URL('../../fixtures/ledger/killed-migration.ts', import.meta.url),
    );
    const migrateAndKill = (nth: number) =>
      new Promise<string | null>((resolve) => {
        execFile(process.execPath, [script, path, String(nth)], (error) => {
          resolve(error === null ? null : String(error.signal));
        });
      });
    for (const nth of [2, 4, 6]) {
      expect(await migrateAndKill(nth)).toBe('SIGKILL');
      expect(countsIn(path)).toEqual(OLD);
    }
    expect(await copiesOf(path)).toHaveLength(3);
    expect(await migrateAndKill(0)).toBe(null);
    const ledger = await database.openLedger({ url });
    expect(await ledger.eventsAfter({ cursor: 0, limit: 100 })).toHaveLength(8);
  });
});
