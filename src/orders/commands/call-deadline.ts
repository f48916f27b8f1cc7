import { attemptTimeout, type WechatPay } from '../../wechat/index.ts';

/** The time that one call to write an order has, waiting for the ledger included. */
export interface CallDeadline {
  /** On the monotonic clock, ms: the caller has an answer by then. */
  readonly deadline: number;
  /** Nothing is sent for the first time after this: an attempt needs the rest. */
  readonly sendBy: number;
  /** A query before the write ends by then: the ledger needs the time from here to `sendBy`. */
  readonly queryBy: number;
}

/** Part of the whole time. */
const LEDGER_SHARE = 0.15;

/** Starts the clock of a call: `WECHAT_TIMEOUT_MS` in all. */
export function startDeadline({ timeoutMs }: Pick<WechatPay, 'timeoutMs'>): CallDeadline {
  const deadline = performance.now() + timeoutMs;
  const sendBy = deadline - attemptTimeout(timeoutMs, timeoutMs);
  return { deadline, sendBy, queryBy: sendBy - LEDGER_SHARE * timeoutMs };
}
