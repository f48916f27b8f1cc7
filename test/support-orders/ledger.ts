import { createLedger, type OpenLedger } from '../../src/ledger/create-ledger.ts';
import type { Tx } from '../../src/ledger/database/group-commit.ts';
import { openStore, type Store } from '../../src/ledger/database/open-store.ts';
import { createEncryption, type Encryption } from '../../src/ledger/encryption.ts';
import type { Engine } from '../../src/ledger/engine/engine.ts';
import { createLocalEngine } from '../../src/ledger/engine/local-engine.ts';
import type { LedgerLog } from '../../src/ledger/ledger.ts';
import { HOLD_MS, openLedger } from '../../src/ledger/open-ledger.ts';

export interface TestLedgerOptions {
  readonly url?: string | undefined;
  readonly dataKey?: Uint8Array;
  readonly now?: () => number;
  /** A SQLite file in this thread: it opens sooner. */
  readonly inProcess?: boolean;
  /** Also gets what is logged. */
  readonly log?: LedgerLog;
  /** What stands between the ledger and its jobs; in memory only. */
  readonly engine?: (real: Engine) => Engine;
}

export interface TestLedger extends OpenLedger {
  /** The messages that were logged, in order. */
  readonly logged: readonly string[];
  /** The same database, past the ledger: to look at its rows, and to prepare them. */
  readonly store: Store;
  readonly encryption: Encryption;
}

const DATA_KEY = Buffer.alloc(32, 7);
const MEMORY = 'sqlite::memory:';

/** A ledger that keeps what it logs. By default in memory. */
export async function openTestLedger({
  url = MEMORY,
  dataKey = DATA_KEY,
  now = Date.now,
  engine = (real) => real,
  inProcess = url === MEMORY,
  log: own,
}: TestLedgerOptions = {}): Promise<TestLedger> {
  const logged: string[] = [];
  const add = (level: keyof LedgerLog) => (fields: object, message: string) => {
    logged.push(message);
    own?.[level](fields, message);
  };
  const log = { warn: add('warn'), error: add('error') };
  const encryption = createEncryption(dataKey);
  if (inProcess) {
    const store = await openStore(url);
    const ledger = await createLedger({
      engine: engine(createLocalEngine(store, encryption)),
      encryption,
      log,
      now,
      holdMs: HOLD_MS,
      onIntent: () => {},
    });
    return { ...ledger, logged, store, encryption };
  }
  const ledger = await openLedger({ databaseUrl: url, dataKey, log, now });
  const store = await openStore(url);
  const close = async () => {
    await ledger.close();
    await store.close();
  };
  return { ...ledger, logged, store, encryption, close };
}

/** Writes rows past the ledger, whose listeners hear of it. */
export async function writeRows(
  { store, bus }: Pick<TestLedger, 'store' | 'bus'>,
  job: (tx: Tx) => Promise<unknown>,
): Promise<void> {
  await store.write(job);
  bus.poll();
}

/** A clock that stands until it is set. */
export function standingClock(start = Date.UTC(2026, 0, 1)) {
  let time = start;
  return {
    now: () => time,
    advance: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}
