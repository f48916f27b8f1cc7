import type { Attempt } from './retry-policy.ts';

/** One attempt at a call, for counting. Holds no number of an order and no value that was sent. */
export interface AttemptReport {
  /** A template: `POST /v3/payscore/payafter-orders/{out_order_no}/complete`, or `POST other`. */
  readonly endpoint: string;
  readonly kind: Attempt<unknown>['kind'];
  /** From the wish to send until it was judged; waiting for its turn included. */
  readonly ms: number;
}

/** A refusal of a write without a valid signature: a query decides. */
export interface UnverifiedRefusal {
  /** A template, as in {@link AttemptReport}. */
  readonly endpoint: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A callback of the caller's whose failure is not the call's. */
export function ignoreErrors<T>(callback: ((told: T) => void) | undefined): (told: T) => void {
  return (told) => {
    try {
      callback?.(told);
    } catch {
      // Whoever listens must not break what is listened to.
    }
  };
}
