import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startSqlite, useDatabase } from '../../fixtures/ledger/databases.ts';
import { eventsOf } from '../../fixtures/ledger/observations.ts';
import { idsOf, upTo } from '../../fixtures/orders/streams.ts';

const run = promisify(execFile);

const OPEN_AT = new URL('../../fixtures/ledger/open-at.ts', import.meta.url);
const WRITE_AT = new URL('../../fixtures/ledger/write-at.ts', import.meta.url);

/** Runs a script, `url` and the common moment first among its arguments. */
function runAt(script: URL, url: string, moment: number, ...rest: readonly string[]) {
  const file = fileURLToPath(script);
  return run(process.execPath, [file, url, String(moment), ...rest], { timeout: 50_000 });
}

const failuresOf = async (processes: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(processes)).filter(({ status }) => status === 'rejected');

describe('several processes on one SQLite file', () => {
  const database = useDatabase(startSqlite);

  test('several processes can open a new SQLite file at the same moment', async () => {
    const url = await database.freshUrl();
    const moment = Date.now() + 1_000;
    const processes = Array.from({ length: 4 }, () => runAt(OPEN_AT, url, moment));
    expect(await failuresOf(processes)).toEqual([]);
    const store = await database.openStore(url);
    await expect(store.db.selectFrom('events').selectAll().execute()).resolves.toEqual([]);
  });

  test('several processes can open a SQLite file while one writes to it before WAL is on', async () => {
    const url = await database.freshUrl();
    const other = new DatabaseSync(url.slice('sqlite:'.length));
    other.exec('create table held (one); begin immediate; insert into held values (1);');
    const opening = database.openStore(url);
    await sleep(200);
    other.exec('commit');
    other.close();
    const store = await opening;
    await expect(store.db.selectFrom('events').selectAll().execute()).resolves.toEqual([]);
  });

  test('several processes write to a SQLite file concurrently without failures or duplicate cursors', async () => {
    const url = await database.freshUrl();
    const moment = Date.now() + 1_000;
    const processes = ['A', 'B'].map((name) => runAt(WRITE_AT, url, moment, name, '100'));
    expect(await failuresOf(processes)).toEqual([]);
    const ledger = await database.openLedger({ url });
    expect(idsOf(await eventsOf(ledger))).toEqual(upTo(200));
  });
});
