import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LedgerCrashedError, startWorkerEngine } from '../../../src/ledger/engine/worker-engine.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';
import { type DatabaseServer, startSqlite, useDatabase } from '../../fixtures/ledger/databases.ts';
import { acquire } from '../../fixtures/ledger/intended.ts';
import { eventsOf, see } from '../../fixtures/ledger/observations.ts';
import { openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';

const pathOf = (url: string) => url.slice('sqlite:'.length);

/** Another process that writes for as long as it likes. */
function lock(url: string): () => void {
  const other = new DatabaseSync(pathOf(url));
  other.exec('begin immediate; create table other (one); insert into other values (1);');
  return () => {
    other.exec('rollback');
    other.close();
  };
}

/** In ms, p99 of half a second. */
async function delayOfIdleLoop(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await sleep(500);
  delay.disable();
  return delay.percentile(99) / 1e6;
}

describe('a SQLite file that another process has locked', () => {
  const TIMEOUT_MS = 1_500;
  let ledger: TestLedger;
  let fixture: AppWithSandbox;
  let url: string;
  let files: DatabaseServer;

  beforeAll(async () => {
    files = await startSqlite();
    url = await files.freshUrl();
    ledger = await openTestLedger({ url });
    fixture = await createAppWithSandbox({ timeoutMs: TIMEOUT_MS, resources: { ledger } });
  });
  afterAll(async () => {
    await fixture.close();
    await ledger.close();
    await files.stop();
  });

  test('a locked SQLite file delays writes up to their deadline, and neither the event loop, nor queries, nor reads', async () => {
    const known = await fixture.create(orderInput());
    await ledger.idle();
    const before = (await eventsOf(ledger)).length;
    const idleMs = await delayOfIdleLoop();
    const release = lock(url);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startMs = performance.now();
    const input = orderInput();
    const created = fixture.create(input).then((answer) => ({
      answer,
      tookMs: performance.now() - startMs,
    }));
    const outOrderNo = at(known, 'outOrderNo');
    const shown = await fixture.order({ outOrderNo });
    expect(shown).toMatchObject({ state: 'CREATED' });
    expect(await ledger.eventsAfter({ cursor: 0, limit: 10 })).toHaveLength(before);
    expect((await fixture.app.fetch(new Request('http://app/health'))).status).toBe(200);
    const seen = see(ledger);
    const { answer, tookMs } = await created;
    delay.disable();
    expect(answer).toMatchObject({ __typename: 'LedgerUnavailableError' });
    expect(tookMs).toBeLessThan(TIMEOUT_MS);
    // On a machine that others keep busy, an idle loop is late too.
    expect(delay.percentile(99) / 1e6).toBeLessThan(Math.max(50, 4 * idleMs));
    expect(fixture.calls('create')).toHaveLength(1);
    await sleep(1_000);
    release();
    expect(await seen).toEqual({ outcome: 'applied' });
    expect(await fixture.create(input)).toMatchObject({ outOrderNo: input['outOrderNo'] });
    await ledger.idle();
    const statuses = await ledger.store.db.selectFrom('intents').select('status').execute();
    expect(statuses).toEqual([{ status: 'done' }, { status: 'done' }]);
  });
});

/** How many commits the write-ahead log of a file holds: the last frame of each has the file's size. */
function commitsIn(url: string): number {
  const wal = readFileSync(`${pathOf(url)}-wal`);
  const frame = 24 + wal.readUInt32BE(8);
  const salt = wal.toString('latin1', 16, 24);
  let commits = 0;
  for (let offset = 32; offset + frame <= wal.length; offset += frame) {
    const isValid = wal.toString('latin1', offset + 8, offset + 16) === salt;
    commits += isValid && wal.readUInt32BE(offset + 4) > 0 ? 1 : 0;
  }
  return commits;
}

describe('the thread of a SQLite ledger', () => {
  const database = useDatabase(startSqlite);

  test('the thread of a SQLite ledger commits 200 concurrent intents in a few groups', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url, inProcess: false });
    const before = commitsIn(url);
    const acquired = await Promise.all(
      Array.from({ length: 200 }, (_, index) => acquire(ledger, { outOrderNo: `N${index}` })),
    );
    expect(new Set(acquired.map(({ id }) => id)).size).toBe(200);
    expect(commitsIn(url) - before).toBeLessThanOrEqual(20);
  });

  test('the thread of a SQLite ledger shows a read every write that was requested before it', async () => {
    const ledger = await database.openLedger({ inProcess: false });
    for (let round = 1; round <= 50; round += 1) {
      void see(ledger, { outOrderNo: `A${round}` });
      await Promise.resolve();
      void see(ledger, { outOrderNo: `B${round}` });
      const events = await ledger.eventsAfter({ cursor: 0, limit: 1_000 });
      expect(events).toHaveLength(2 * round);
    }
  });

  test('the thread of a SQLite ledger runs no job after its deadline', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url, inProcess: false });
    const late = acquire(ledger, {}, performance.now() - 1);
    await expect(late).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    await ledger.idle();
    expect(await ledger.store.db.selectFrom('intents').selectAll().execute()).toEqual([]);
  });

  test('the thread of a SQLite ledger rejects an input that cannot be cloned, without the others', async () => {
    const engine = await startWorkerEngine({
      path: pathOf(await database.freshUrl()),
      dataKey: Buffer.alloc(32, 7),
      onCrash: () => {},
    });
    const jobs = [undefined, () => {}, undefined].map((input) => engine.run('probe', input, {}));
    const outcomes = (await Promise.allSettled(jobs)).map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await engine.close();
  });

  test('the thread of a SQLite ledger returns the errors of SQLite with their code', async () => {
    const ledger = await database.openLedger({ inProcess: false });
    await ledger.store.write((tx) => tx.schema.dropTable('notifications').execute());
    const notification = { id: 'n1', eventType: 'T', product: null, outOrderNo: null, payload: '' };
    const handled = ledger.saveNotification({
      ...notification,
      contradiction: null,
      observation: null,
    });
    await expect(handled).rejects.toMatchObject({
      code: 'ERR_SQLITE_ERROR',
      message: expect.stringContaining('notifications'),
    });
  });

  test('the thread of a SQLite ledger that crashes rejects every pending job and every later one, and reports it once', async () => {
    const crashes: Error[] = [];
    const engine = await startWorkerEngine({
      path: pathOf(await database.freshUrl()),
      dataKey: Buffer.alloc(32, 7),
      onCrash: (error) => crashes.push(error),
      thread: new URL('../../fixtures/ledger/crashing-thread.ts', import.meta.url),
    });
    const jobs = Array.from({ length: 5 }, () => engine.run('probe', undefined, {}));
    const outcomes = await Promise.allSettled(jobs);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await expect(engine.run('probe', undefined, {})).rejects.toThrow(LedgerCrashedError);
    expect(crashes).toMatchObject([{ cause: { message: 'crashed at a job' } }]);
    await engine.close();
  });
});
