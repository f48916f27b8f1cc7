import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { openStore, type Store } from '../../src/ledger/database/open-store.ts';
import { openTestLedger, type TestLedger, type TestLedgerOptions } from './ledger.ts';
import { startPostgres } from './postgres.ts';

export interface DatabaseServer {
  /** The URL of a database that nobody has opened yet. */
  readonly freshUrl: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface TestDatabase {
  readonly freshUrl: () => Promise<string>;
  /** Closed after the test, if it is not closed by then. */
  readonly openStore: (url?: string) => Promise<Store>;
  readonly openLedger: (options?: TestLedgerOptions) => Promise<TestLedger>;
}

let shared: Promise<DatabaseServer> | undefined;

/** The one PostgreSQL of a test file. */
export async function startPostgresOnce(): Promise<DatabaseServer> {
  shared ??= startPostgres();
  const { freshUrl } = await shared;
  return { freshUrl, stop: () => Promise.resolve() };
}

afterAll(async () => {
  const server = await shared;
  await server?.stop();
});

/** For `describe.each`: what holds on one holds on the other. */
export const databases = [
  { name: 'SQLite', start: startSqlite },
  { name: 'PostgreSQL', start: startPostgresOnce },
];

export async function startSqlite(): Promise<DatabaseServer> {
  const directory = await mkdtemp(join(tmpdir(), 'payafter-sqlite-'));
  let files = 0;
  return {
    freshUrl: () => {
      files += 1;
      return Promise.resolve(`sqlite:${join(directory, `${files}.db`)}`);
    },
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Starts it once for the tests of a `describe`, and closes after each test what it opened. */
export function useDatabase(start: () => Promise<DatabaseServer>): TestDatabase {
  let server: DatabaseServer | undefined;
  const opened = new Set<() => Promise<void>>();
  const freshUrl = () => {
    if (server === undefined) {
      throw new Error('The database has not been started yet.');
    }
    return server.freshUrl();
  };
  const closedOnce = <T extends { readonly close: () => Promise<void> }>(resource: T): T => {
    let closing: Promise<void> | undefined;
    const close = () => {
      closing ??= resource.close();
      return closing;
    };
    opened.add(close);
    return { ...resource, close };
  };
  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all([...opened].map((close) => close()));
    opened.clear();
  });
  afterAll(() => server?.stop());
  return {
    freshUrl,
    openStore: async (url) => closedOnce(await openStore(url ?? (await freshUrl()))),
    openLedger: async (options = {}) => {
      const url = options.url ?? (await freshUrl());
      return closedOnce(await openTestLedger({ ...options, url }));
    },
  };
}
