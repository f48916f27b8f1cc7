import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { describeDatabaseError } from '../../src/ledger/database/database-error.ts';
import type { Engine } from '../../src/ledger/engine/engine.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';
import { startSqlite, useDatabase } from '../fixtures/ledger/databases.ts';
import { see } from '../fixtures/ledger/observations.ts';
import { DATA_KEY, openTestLedger } from '../fixtures/ledger/test-ledger.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** Counts the writes that are made only to find out whether writes are possible. */
function countingProbes() {
  let probes = 0;
  const engine = (real: Engine): Engine => ({
    ...real,
    run: (name, input, options) => {
      probes += name === 'probe' ? 1 : 0;
      return real.run(name, input, options);
    },
  });
  return { engine, probes: () => probes };
}

test('readiness writes to the database at most once a second, and not at all while other writes succeed', async () => {
  const { engine, probes } = countingProbes();
  const ledger = await openTestLedger({ engine });
  const ask = () => Promise.all(Array.from({ length: 200 }, () => ledger.isWritable()));
  expect(new Set([...(await ask()), ...(await ask())])).toEqual(new Set([true]));
  expect(probes()).toBe(1);
  await see(ledger);
  expect(await ledger.isWritable()).toBe(true);
  expect(probes()).toBe(1);
  await ledger.close();
});

describe('a SQLite ledger that cannot be written', () => {
  const database = useDatabase(startSqlite);

  test('a SQLite ledger that cannot be written reports it once with a hint, and recovers by itself', async () => {
    const collected = collectLog();
    // In memory reads and writes share a connection.
    const ledger = await openTestLedger({ log: collected.log });
    const setReadOnly = (value: 0 | 1) =>
      sql`pragma query_only = ${sql.lit(value)}`.execute(ledger.store.db);
    await setReadOnly(1);
    await expect(see(ledger)).rejects.toThrow(/readonly/);
    expect([await ledger.isWritable(), await ledger.isWritable()]).toEqual([false, false]);
    const errors = collected.entries().filter((line) => at(line, 'level') === 'error');
    expect(errors).toMatchObject([
      {
        msg: 'the ledger cannot be written: not ready',
        err: {
          message: expect.stringContaining('readonly'),
          hint: expect.stringMatching(/^Check/),
        },
      },
    ]);
    await setReadOnly(0);
    await see(ledger);
    expect(await ledger.isWritable()).toBe(true);
    expect(collected.text()).toContain('the ledger can be written again');
    await ledger.close();
  });

  test('a SQLite ledger is not writable while another process has its lock', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const other = new DatabaseSync(url.slice('sqlite:'.length));
    other.exec('begin immediate');
    expect(await ledger.isWritable()).toBe(false);
    other.exec('rollback');
    other.close();
    await expect.poll(() => ledger.isWritable(), { timeout: 3_000 }).toBe(true);
  });

  test('a full disk fails a write with its own error, not with that of the rollback', async () => {
    const { store, ...ledger } = await database.openLedger();
    await store.write((tx) => sql`pragma max_page_count = 1`.execute(tx));
    const fill = (number: string) =>
      store.write(async (tx) => {
        const word = 'x'.repeat(200_000);
        await sql`insert into data_key (sealed) values (${number + word})`.execute(tx);
      });
    await expect(fill('1')).rejects.toThrow('database or disk is full');
    const together = await Promise.allSettled(['1', '2', '3'].map(fill));
    expect(together.map((outcome) => 'reason' in outcome && String(outcome.reason))).toEqual(
      Array(3).fill('Error: database or disk is full'),
    );
    await see({ ...ledger });
  });
});

describe('a SQLite file', () => {
  const database = useDatabase(startSqlite);

  async function openAt(url: string) {
    const collected = collectLog();
    const ledger = await openLedger({ databaseUrl: url, dataKey: DATA_KEY, log: collected.log });
    return { ledger, text: collected.text };
  }

  test('a SQLite file that another server uses is reported at the start, and not after that one has stopped', async () => {
    const url = await database.freshUrl();
    const one = await openAt(url);
    const other = await openAt(url);
    expect(one.text()).toBe('');
    expect(other.text()).toContain('another server uses this SQLite file');
    await one.ledger.close();
    await other.ledger.close();
    const next = await openAt(url);
    expect(next.text()).toBe('');
    await next.ledger.close();
  });

  test('a SQLite file that is empty is reported, and one whose write-ahead log is left is refused', async () => {
    const url = await database.freshUrl();
    const path = url.slice('sqlite:'.length);
    writeFileSync(path, '');
    const begun = await openAt(url);
    expect(begun.text()).toContain('the database file was empty');
    await see(begun.ledger);
    await begun.ledger.close();
    writeFileSync(path, '');
    writeFileSync(`${path}-wal`, 'commits that are not in the file');
    await expect(openAt(url)).rejects.toThrow('restore the file');
    expect(readFileSync(`${path}-wal`, 'utf8')).toContain('commits');
  });
});

describe('a database that cannot be opened', () => {
  const folder = mkdtempSync(join(tmpdir(), 'payafter-open-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return `sqlite:${join(folder, name)}`;
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  const open = (databaseUrl: string) => openLedger({ databaseUrl, dataKey: DATA_KEY, log: SILENT });

  test.each([
    [
      'a file of another kind',
      () => file('text.db', 'x'.repeat(5_000)),
      'not a database',
      'backup',
    ],
    ['a folder', () => `sqlite:${folder}`, 'unable to open', 'may read and write'],
    ['a folder that is a file', () => `${file('file', '')}/x.db`, 'EEXIST|ENOTDIR', ''],
    ['no server', () => 'postgres://u:p@127.0.0.1:1/db', 'ECONNREFUSED', 'running'],
  ])(
    'opening %s fails with the message of the database and a hint',
    async (_what, urlOf, words, hint) => {
      const opened = open(urlOf());
      await expect(opened).rejects.toThrow(new RegExp(`^Can't open the database: .*(${words})`));
      await expect(opened).rejects.toThrow(hint);
    },
  );

  test.each([
    ['28P01', 'password'],
    ['3D000', 'Create the database'],
    ['42501', 'Grant'],
    ['25006', 'primary'],
    ['53300', 'max_connections'],
    ['53100', 'disk'],
    ['57014', 'lock'],
    ['08P01', 'pooler'],
    ['28000', 'sslmode=verify-full'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'sslrootcert'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'sslrootcert'],
    ['CERT_HAS_EXPIRED', 'Renew'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'host name'],
  ])('the database error %s has a hint', (code, hint) => {
    const error = Object.assign(new Error('words of the database'), { code });
    expect(describeDatabaseError(error)).toMatch(
      new RegExp(`^words of the database \\(${code}\\)\\. .*${hint}`),
    );
  });
});
