import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { WrongDataKeyError } from '../../../src/ledger/data-key-check.ts';
import { NewerSchemaError } from '../../../src/ledger/database/migrations.ts';
import { openStore, type Store } from '../../../src/ledger/database/open-store.ts';
import {
  databases,
  startPostgresOnce,
  startSqlite,
  useDatabase,
} from '../../fixtures/ledger/databases.ts';

async function versionsOf({ db }: Pick<Store, 'db'>): Promise<number[]> {
  const query = sql<{ version: number }>`select version from schema_version`;
  return (await query.execute(db)).rows.map(({ version }) => version);
}

function insertNotification(store: Store, id: string): Promise<unknown> {
  const about = { product: null, out_order_no: null, out_refund_no: null };
  const row = { ...about, event_type: 'T', outcome: 'kept', reason: null } as const;
  const notification = { ...row, id, payload: '', received_at: 1 };
  return store.write((tx) => tx.insertInto('notifications').values(notification).execute());
}

describe.each(databases)('opening a store on $name', ({ start }) => {
  const database = useDatabase(start);

  test('opening a store creates the tables once, and keeps their content the next time', async () => {
    const url = await database.freshUrl();
    const first = await database.openStore(url);
    await insertNotification(first, 'kept');
    await first.close();
    const second = await database.openStore(url);
    const notifications = await second.db.selectFrom('notifications').select('id').execute();
    expect(notifications.map(({ id }) => id)).toEqual(['kept']);
    expect(await versionsOf(second)).toHaveLength(1);
  });

  test('opening a store refuses a database of a newer version, and does not change it', async () => {
    const url = await database.freshUrl();
    const store = await database.openStore(url);
    const [version = 0] = await versionsOf(store);
    await store.write((tx) =>
      sql`update schema_version set version = ${sql.lit(version + 1)}`.execute(tx),
    );
    await expect(openStore(url)).rejects.toThrow(NewerSchemaError);
    expect(await versionsOf(store)).toEqual([version + 1]);
  });

  test('opening a store refuses a data key other than the one of the database', async () => {
    const url = await database.freshUrl();
    const inProcess = false;
    await (await database.openLedger({ url, inProcess })).close();
    const other = database.openLedger({ url, inProcess, dataKey: Buffer.alloc(32, 8) });
    await expect(other).rejects.toThrow(WrongDataKeyError);
    await (await database.openLedger({ url, inProcess })).close();
  });
});

describe('several at the same moment', () => {
  const postgres = useDatabase(startPostgresOnce);

  test('several instances can open one new PostgreSQL database at the same moment', async () => {
    const url = await postgres.freshUrl();
    const stores = await Promise.all(Array.from({ length: 4 }, () => postgres.openStore(url)));
    const versions = await Promise.all(stores.map(versionsOf));
    expect(versions.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  });
});

test('a SQLite file uses a write-ahead log and full synchronization', async () => {
  const { freshUrl, stop } = await startSqlite();
  const url = await freshUrl();
  const store = await openStore(url);
  const level = await sql<{ synchronous: number }>`pragma synchronous`.execute(store.db);
  expect(level.rows).toEqual([expect.objectContaining({ synchronous: 2 })]);
  const file = new DatabaseSync(url.slice('sqlite:'.length));
  expect({ ...file.prepare('pragma journal_mode').get() }).toEqual({ journal_mode: 'wal' });
  file.close();
  await store.close();
  await stop();
});
