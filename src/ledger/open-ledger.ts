import { createLedger, createSteadyClock, type OpenLedger } from './create-ledger.ts';
import { checkDataKey, WrongDataKeyError } from './data-key-check.ts';
import { describeDatabaseError, withHint } from './database/database-error.ts';
import { NewerSchemaError } from './database/migrations.ts';
import { openStore, sqlitePath } from './database/open-store.ts';
import { migrateSqliteFile } from './database/sqlite/sqlite.ts';
import { beginsInEmptyFile, holdInstanceLock } from './database/sqlite/sqlite-file.ts';
import { createEncryption, type Encryption } from './encryption.ts';
import { createLocalEngine, type Engine } from './engine/engine.ts';
import { startWorkerEngine } from './engine/worker-engine.ts';
import type { IntentStep, LedgerLog } from './ledger.ts';

export type { OpenLedger } from './create-ledger.ts';

export interface LedgerOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…` */
  readonly databaseUrl: string;
  /** PostgreSQL past a pooler, for LISTEN. */
  readonly listenUrl?: string | undefined;
  /** 32 bytes. */
  readonly dataKey: Uint8Array;
  readonly log: LedgerLog;
  /** Unix ms, of a clock that is never set. By default the system's, for leases a steady one. */
  readonly now?: () => number;
  /** Longer than any call to WeChat Pay takes, with the query before it. */
  readonly holdMs?: number;
  readonly onIntent?: (step: IntentStep) => void;
}

/** A live call finishes its own intent; the reconciler queries it only after this, by default. */
export const HOLD_MS = 60_000;

/** The database cannot be opened: its own words, and what to check. */
class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(cause: unknown) {
    super(`Can't open the database: ${describeDatabaseError(cause)}`, { cause });
  }
}

/**
 * Opens the database, brings its tables up to date and begins to follow its events. A SQLite file
 * has a thread of its own: if that ends by itself, its error is thrown here, uncaught.
 * @throws NewerSchemaError, DatabaseUnavailableError, WrongDataKeyError
 */
export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
  const {
    databaseUrl,
    listenUrl,
    dataKey,
    log,
    now = Date.now,
    holdMs = HOLD_MS,
    onIntent = () => {},
  } = options;
  const encryption = createEncryption(dataKey);
  const engine = await openEngine({ databaseUrl, listenUrl, dataKey, log }, encryption).catch(
    (cause: unknown) => {
      const isKnown = cause instanceof NewerSchemaError || cause instanceof WrongDataKeyError;
      throw isKnown ? cause : new DatabaseUnavailableError(cause);
    },
  );
  const steadyNow = options.now ?? createSteadyClock();
  return await createLedger({ engine, encryption, log, now, steadyNow, holdMs, onIntent });
}

async function openEngine(
  {
    databaseUrl,
    listenUrl,
    dataKey,
    log,
  }: Pick<LedgerOptions, 'databaseUrl' | 'listenUrl' | 'dataKey' | 'log'>,
  encryption: Encryption,
): Promise<Engine> {
  const path = sqlitePath(databaseUrl);
  if (path !== undefined && path !== ':memory:') {
    // In this thread, which logs the progress: nothing else runs before the ledger is open.
    if (await beginsInEmptyFile(path)) {
      log.warn({}, 'the database file was empty: a new ledger begins');
    }
    await migrateSqliteFile(path, log);
    const engine = await startWorkerEngine({ path, dataKey, onCrash: throwUncaught });
    const release = holdInstanceLock(path);
    if (release === undefined) {
      log.warn({}, 'another server uses this SQLite file: use PostgreSQL for several instances');
    }
    const close = async () => {
      await engine.close();
      release?.();
    };
    return { ...engine, close };
  }
  const onDeaf = () =>
    log.warn({}, 'LISTEN receives nothing, polling for events: set DATABASE_LISTEN_URL');
  const onListenFailure = (error: unknown) =>
    log.warn({ err: withHint(error) }, 'LISTEN failed, polling for events');
  const store = await openStore(databaseUrl, log, { listenUrl, onDeaf, onListenFailure });
  await checkDataKey(store, encryption).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return createLocalEngine(store, encryption);
}

/** The process cannot continue without its ledger: it ends as after any uncaught error. */
function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
