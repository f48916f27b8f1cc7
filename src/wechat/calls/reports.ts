import type { Attempt } from './retry-policy.ts';

/** One attempt of a call, for metrics. Contains no order number and no value of the request. */
export interface AttemptReport {
  /**
   * A path template: `POST /v3/payscore/payafter-orders/{out_order_no}/complete`, or `POST other`.
   */
  readonly endpoint: string;
  readonly kind: Attempt<unknown>['kind'];
  /** OK, WeChat Pay's error code if it is one of few, or why there is no usable response. */
  readonly code: string;
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

/** Error codes that are labels of a metric. WeChat Pay may add others at any time: OTHER. */
const LABELS: ReadonlySet<string> = new Set([
  'SIGN_ERROR',
  'NO_AUTH',
  'PARAM_ERROR',
  'INVALID_REQUEST',
  'ORDER_NOT_EXIST',
  'RESOURCE_NOT_EXISTS',
  'INVALID_ORDER_STATE',
  'ORDER_DONE',
  'ORDER_CANCELED',
]);

/** The code of an attempt as a label with few values. */
export function labelOf(attempt: Attempt<unknown>): string {
  switch (attempt.kind) {
    case 'done':
      return 'OK';
    case 'refused':
      return LABELS.has(attempt.refusal.code) ? attempt.refusal.code : 'OTHER';
    case 'not-accepted':
    case 'ambiguous':
      return attempt.reason;
  }
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
