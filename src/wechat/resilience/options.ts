/** What keeps an outage of WeChat Pay, or a crowd, from costing more than it has to. */
export interface ResilienceOptions {
  /** Attempts under way at once; as many connections are kept. */
  readonly maxConcurrent: number;
  /** Attempts that wait for one of those places. */
  readonly maxQueued: number;
  /** The breaker opens at so many attempts within the window, of which such a share has failed. */
  readonly breakerAttempts: number;
  readonly breakerShare: number;
  readonly breakerOpenMs: number;
  /** Repeats within the window: this share of the first attempts, or `repeats` where that is more. */
  readonly retryShare: number;
  readonly maxRetries: number;
}

/** Of the breaker and of the budget for repeats. */
export const WINDOW_MS = 10_000;

export const DEFAULT_RESILIENCE: ResilienceOptions = {
  maxConcurrent: 128,
  maxQueued: 256,
  breakerAttempts: 20,
  breakerShare: 0.5,
  breakerOpenMs: 5_000,
  retryShare: 0.1,
  maxRetries: 30,
};
