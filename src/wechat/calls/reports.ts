import type { Attempt } from './retry-policy.ts';

/** One attempt of a call, for metrics. Contains no order number and no value of the request. */
export interface AttemptReport {
  /**
   * A path template: `POST /v3/payscore/payafter-orders/{out_order_no}/complete`, or `POST other`.
   */
  readonly endpoint: string;
  readonly kind: Attempt<unknown>['kind'];
  /** From the request to send until the result was classified, including the time in the queue. */
  readonly ms: number;
}

/** A write was refused without a valid signature: a query resolves it. */
export interface UnverifiedRefusal {
  /** A path template, as in {@link AttemptReport}. */
  readonly endpoint: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A callback whose errors must not fail the call. */
export function ignoreErrors<T>(callback: ((told: T) => void) | undefined): (told: T) => void {
  return (told) => {
    try {
      callback?.(told);
    } catch {
      // An error in a listener must not affect the call.
    }
  };
}
