import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { type RunningServer, start } from '../../../src/start.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { makeLedgerOf01 } from '../../fixtures/ledger/ledger-of-0.1.ts';
import { DATA_KEY } from '../../fixtures/ledger/test-ledger.ts';
import { merchantEnv } from '../../fixtures/process/environment.ts';
import { type Cause, walk } from '../../observability/walk/walk.ts';

const folder = mkdtempSync(join(tmpdir(), 'walk-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function freshPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

/** Opens a SQLite ledger, and closes it. */
async function opened(path: string, log = collectLog()) {
  const options = { databaseUrl: `sqlite:${path}`, dataKey: DATA_KEY, log: log.log };
  await (await openLedger(options)).close();
  return log;
}

/** Its lines, however often they are looked at. */
function onceOnly(cause: Cause): Cause {
  let lines: ReturnType<Cause> | undefined;
  return (again) => {
    lines ??= cause(again);
    return lines;
  };
}

const migrated = onceOnly(async () => {
  const path = freshPath();
  await (await makeLedgerOf01(`sqlite:${path}`)).destroy();
  const other = new DatabaseSync(path);
  other.exec('begin immediate');
  const log = collectLog();
  const opening = opened(path, log);
  await expect.poll(() => log.text(), { timeout: 8_000 }).toContain('waiting to migrate it');
  other.close();
  return await opening;
});

/** A server in this process, from its start to its end. */
const started = (
  env: Parameters<typeof start>[0]['env'] = {},
  end = (server: RunningServer) => server.close(5_000),
): Cause =>
  onceOnly(async () => {
    const log = collectLog();
    const server = await start({
      env: { DATABASE_URL: 'sqlite::memory:', PORT: '0', SANDBOX_PORT: '0', ...env },
      log: log.log,
      requests: createRequestIds(),
      hangups: { onHangup: () => {} },
    });
    await end(server);
    return log;
  });
const alone = started();

/** A client that does not answer keeps its connection open for a second. */
async function closedTooSoon({ url, close }: RunningServer): Promise<void> {
  const silent = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    autoPong: false,
  });
  silent.on('error', () => {});
  await once(silent, 'open');
  silent.pause();
  await close(100);
  silent.terminate();
}

const ofMerchant = (changes: Parameters<typeof merchantEnv>[0] = {}) =>
  started(merchantEnv({ WECHAT_BASE_URL: 'http://127.0.0.1:1', ...changes }));

walk('Start and shutdown', {
  'migrating the ledger': migrated,
  'copied the ledger before its migration': migrated,
  'migrated the ledger': migrated,
  'the ledger is locked by another process, waiting to migrate it': migrated,
  ready: alone,
  'no WECHAT_ variables: orders go to the sandbox, no money moves': alone,
  'the database file was empty: a new ledger begins': async () => {
    const path = freshPath();
    writeFileSync(path, '');
    return await opened(path);
  },
  'another server uses this SQLite file: use PostgreSQL for several instances': async () => {
    const path = freshPath();
    const log = collectLog();
    const first = await openLedger({
      databaseUrl: `sqlite:${path}`,
      dataKey: DATA_KEY,
      log: log.log,
    });
    await opened(path, log);
    await first.close();
    return log;
  },
  'WECHAT_APIV3_KEY is missing: webhooks are disabled, polling instead': ofMerchant({
    WECHAT_APIV3_KEY: undefined,
  }),
  'ALLOW_UNAUTHENTICATED: every program on this machine can place orders': ofMerchant(),
  'failed to close resource': started({}, closedTooSoon),
});
