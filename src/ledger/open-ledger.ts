import { createEventBus } from '../orders/events/bus.ts';
import { HOLD_MS } from './acquire-intent.ts';
import { checkDataKey } from './data-key-check.ts';
import { NewerSchemaError } from './database/migrations.ts';
import { openStore } from './database/open-store.ts';
import { createEncryption } from './encryption.ts';
import type { IntentStep, Ledger, LedgerLog } from './ledger.ts';

export interface LedgerOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…` */
  readonly databaseUrl: string;
  /** 32 bytes. */
  readonly dataKey: Uint8Array;
  readonly log: LedgerLog;
  /** Unix ms. */
  readonly now?: () => number;
  /** Longer than any call to WeChat takes, with the query before it. */
  readonly holdMs?: number;
  readonly onIntent?: (step: IntentStep) => void;
}

export interface OpenLedger extends Ledger {
  /** Waits for what is being written. */
  readonly close: () => Promise<void>;
}

/** The database does not answer: check that it runs, and DATABASE_URL. */
class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(cause: unknown) {
    const why = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    super(`Can't open the database${why}: is it there? Check DATABASE_URL.`, { cause });
  }
}

/**
 * Opens the store, brings its tables up to date and begins to follow its events.
 * @throws NewerSchemaError, DatabaseUnavailableError, WrongDataKeyError
 */
export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
  const {
    databaseUrl,
    dataKey,
    log,
    now = Date.now,
    holdMs = HOLD_MS,
    onIntent = () => {},
  } = options;
  const store = await openStore(databaseUrl).catch((cause: unknown) => {
    throw cause instanceof NewerSchemaError ? cause : new DatabaseUnavailableError(cause);
  });
  const encryption = createEncryption(dataKey);
  await checkDataKey(store, encryption).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const bus = await createEventBus(store, (err) => {
    log.warn({ err }, 'the event log could not be read; again soon');
  });
  return {
    store,
    encryption: encryption,
    bus,
    log,
    now,
    holdMs,
    onIntent,
    close: async () => {
      await store.idle();
      await bus.close();
      await store.close();
    },
  };
}
