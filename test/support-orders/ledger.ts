import { type OpenLedger, openLedger } from '../../src/ledger/open-ledger.ts';

export interface TestLedgerOptions {
  readonly url?: string | undefined;
  readonly dataKey?: Uint8Array;
  readonly now?: () => number;
}

export interface TestLedger extends OpenLedger {
  /** The messages that were logged, in order. */
  readonly logged: readonly string[];
}

const DATA_KEY = Buffer.alloc(32, 7);

/** A ledger that keeps what it logs. By default in memory. */
export async function openTestLedger({
  url = 'sqlite::memory:',
  dataKey = DATA_KEY,
  now,
}: TestLedgerOptions = {}): Promise<TestLedger> {
  const logged: string[] = [];
  const log = (_fields: object, message: string) => {
    logged.push(message);
  };
  const ledger = await openLedger({
    databaseUrl: url,
    dataKey,
    log: { warn: log, error: log },
    ...(now && { now }),
  });
  return { ...ledger, logged };
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
