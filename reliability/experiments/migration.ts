import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SCHEMA_VERSION } from '../../src/ledger/database/migrations.ts';
import { openSqlite } from '../../src/ledger/database/sqlite/sqlite.ts';
import { createEncryption } from '../../src/ledger/encryption.ts';
import { eventsAfter } from '../../src/ledger/jobs/event-log.ts';
import { all, atMost, type Experiment, holds, none, type Row } from '../experiment.ts';
import { makeOldLedger, VERSION_OF_0_1 } from '../support/old-ledger.ts';
import { between } from '../support/stats.ts';

const SIZES = {
  full: { orders: 1_000_000, kills: 20, seconds: 60 },
  quick: { orders: 5_000, kills: 3, seconds: 60 },
} as const;
const ORDERS_OF_KILLED = 5_000;
const MIGRATE = fileURLToPath(new URL('../support/migrate-ledger.ts', import.meta.url));
const READS = 50;
const READ_MS = 20;

/** The first start of this version on a ledger of 0.1, and a kill in the middle of it. */
export const migration: Experiment = {
  goal: 'G19',
  name: 'migration',
  minutes: 6,
  run: async (scale) => {
    const { orders, kills, seconds } = SIZES[scale];
    // Not the shared one: it scans whole files into memory.
    const directory = await mkdtemp(join(tmpdir(), 'payafter-migration-'));
    try {
      return [
        ...(await migrateWhole(join(directory, 'ledger.db'), orders, seconds)),
        ...(await killMigrations(join(directory, 'killed.db'), kills)),
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function migrateWhole(
  path: string,
  orders: number,
  seconds: number,
): Promise<readonly Row[]> {
  await makeOldLedger(path, orders);
  const before = countsIn(path, 'notices');
  const gigabytes = ((await stat(path)).size / 1e9).toFixed(1);
  const startMs = performance.now();
  await migrateInProcess(path).ended;
  const took = (performance.now() - startMs) / 1_000;
  const after = countsIn(path, 'notifications');
  const size = `${orders} orders in all states, ${gigabytes} GB, SQLite`;
  return [
    atMost('a ledger of 0.1 migrates, with the copy before it', size, took, seconds, ' s'),
    holds('version, orders, intents, events, notifications', size, after.text, before.text),
    holds('version of the tables', size, String(after.version), String(SCHEMA_VERSION)),
    holds(
      'the copy before it: version and rows',
      size,
      copyOf(path),
      `${VERSION_OF_0_1}, ${before.text}`,
    ),
    none('events without the owner of their order', size, after.strays),
    atMost(
      "a shopper's events from the beginning of the log, median in ms",
      `${READS} reads, ${size}`,
      await medianRead(path),
      READ_MS,
    ),
  ];
}

function copyOf(path: string): string {
  const { version, text } = countsIn(`${path}.schema-${VERSION_OF_0_1}`, 'notices');
  return `${version}, ${text}`;
}

async function medianRead(path: string): Promise<number> {
  const { db, close } = await openSqlite(path);
  const encryption = createEncryption(new Uint8Array(32));
  const times: number[] = [];
  for (let user = 1; user <= READS; user += 1) {
    const owner = String(user).padStart(43, '0');
    const startMs = performance.now();
    await eventsAfter(
      { db, encryption },
      { cursor: 0, visibility: { kind: 'own', owner }, limit: 32 },
    );
    times.push(performance.now() - startMs);
  }
  await close();
  return times.toSorted((one, other) => one - other)[READS / 2] ?? Number.NaN;
}

async function killMigrations(path: string, kills: number): Promise<readonly Row[]> {
  let whole = 0;
  let killed = 0;
  for (let round = 0; round < kills; round += 1) {
    await makeOldLedger(path, ORDERS_OF_KILLED);
    const before = countsIn(path, 'notices').text;
    const migrating = migrateInProcess(path);
    await migrating.begun;
    await sleep(between(0, 400));
    migrating.kill();
    killed += (await migrating.ended) === 'SIGKILL' ? 1 : 0;
    const version = versionIn(path);
    const table = version === VERSION_OF_0_1 ? 'notices' : 'notifications';
    const left = countsIn(path, table).text;
    await migrateInProcess(path).ended;
    const after = countsIn(path, 'notifications').text;
    whole += left === before && after === before && versionIn(path) === SCHEMA_VERSION ? 1 : 0;
    await removeAll(path);
  }
  const size = `${kills} rounds (${killed} in the middle), ${ORDERS_OF_KILLED} orders, SQLite`;
  return [
    all('a ledger is whole after kill −9 in its migration, and after the next', size, whole, kills),
  ];
}

function migrateInProcess(path: string) {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string | null>();
  const child = execFile(process.execPath, [MIGRATE, path], (error) => {
    begun.resolve();
    ended.resolve(error === null ? null : String(error.signal));
  });
  child.stdout?.once('data', () => begun.resolve());
  return {
    begun: begun.promise,
    ended: ended.promise,
    kill: () => child.kill('SIGKILL'),
  };
}

function versionIn(path: string): number {
  using file = new DatabaseSync(path);
  return Number(file.prepare('select version from schema_version').get()?.['version']);
}

/** The number of rows, and checksums that change if any row changes. */
function countsIn(path: string, notifications: 'notices' | 'notifications') {
  using file = new DatabaseSync(path);
  const value = (query: string) => Number(Object.values(file.prepare(query).get() ?? {})[0]);
  const version = versionIn(path);
  const text = [
    value('select count(*) from orders'),
    value('select total(risk_amount + coalesce(total_amount, 0) + created_at % 977) from orders'),
    value('select count(*) from intents'),
    value("select count(*) from intents where status = 'open' and check_at is not null"),
    value('select count(*) from events'),
    value('select total(id + received_at % 977) from events'),
    value(`select count(*) from ${notifications}`),
  ].join(' ');
  const strays =
    version === VERSION_OF_0_1
      ? 0
      : value(`select count(*) from events join orders using (product, out_order_no)
          where events.owner is not orders.owner`);
  return { version, text, strays };
}

async function removeAll(path: string): Promise<void> {
  const directory = join(path, '..');
  const names = await readdir(directory);
  const own = names.filter((name) => join(directory, name).startsWith(path));
  await Promise.all(own.map((name) => rm(join(directory, name))));
}
