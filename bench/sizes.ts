/** How much of everything: `full` for the record, `quick` to see that it runs. */
export interface Sizes {
  readonly rounds: number;
  /** Each server alone, before anything is measured. */
  readonly warmSeconds: number;
  /** Before each window: a server that idled is slow again. */
  readonly rewarmSeconds: number;
  readonly seconds: number;
  readonly concurrencies: readonly number[];
  /** Rows of each table of the ledger. */
  readonly ledgers: readonly number[];
  readonly subscriptions: readonly number[];
  readonly stageMs: number;
}

export const FULL: Sizes = {
  rounds: 5,
  warmSeconds: 12,
  rewarmSeconds: 1,
  seconds: 1.5,
  concurrencies: [1, 4, 16, 64, 256, 1_024],
  ledgers: [1_000, 10_000, 100_000, 1_000_000],
  subscriptions: [0, 1_000, 10_000],
  stageMs: 400,
};

export const QUICK: Sizes = {
  rounds: 1,
  warmSeconds: 2,
  rewarmSeconds: 0.3,
  seconds: 0.8,
  concurrencies: [1, 64, 1_024],
  ledgers: [1_000, 100_000],
  subscriptions: [0, 500],
  stageMs: 60,
};
