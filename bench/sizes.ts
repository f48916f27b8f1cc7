/**
 * How much of everything: `full` for the record, in some 30 minutes; `quick` to see
 * that it runs.
 */
export interface Sizes {
  readonly rounds: number;
  /**
   * Each server alone, before anything is measured, for all operations together. V8 still compiles
   * after 8 s: a query then costs every server about half as much again as after 40.
   */
  readonly warmSeconds: number;
  /** Before each window, because the other servers have had the machine meanwhile. */
  readonly rewarmSeconds: number;
  readonly seconds: number;
  /** Of an open loop, whose 99.9th percentile needs many requests. */
  readonly openSeconds: number;
  /** After the load, before memory is read again. */
  readonly restSeconds: number;
  readonly concurrencies: readonly number[];
  /** Rows of each table of the ledger. */
  readonly ledgers: readonly number[];
  readonly subscriptions: readonly number[];
  readonly stageMs: number;
}

export const FULL: Sizes = {
  rounds: 3,
  warmSeconds: 40,
  rewarmSeconds: 0.5,
  seconds: 1,
  openSeconds: 2,
  restSeconds: 60,
  concurrencies: [1, 4, 16, 64, 256, 1_024],
  ledgers: [1_000, 100_000, 1_000_000],
  subscriptions: [0, 1_000, 10_000],
  stageMs: 250,
};

export const QUICK: Sizes = {
  rounds: 1,
  warmSeconds: 2,
  rewarmSeconds: 0.3,
  seconds: 0.8,
  openSeconds: 1,
  restSeconds: 1,
  concurrencies: [1, 64, 1_024],
  ledgers: [1_000, 100_000],
  subscriptions: [0, 500],
  stageMs: 60,
};
