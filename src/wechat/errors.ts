/** Why nobody knows whether a write took effect. */
export type UnknownOutcomeReason =
  | 'TIMEOUT'
  | 'CONNECTION'
  | 'SERVER_ERROR'
  | 'UNTRUSTED_ANSWER'
  /** An earlier call may have taken effect, and no query has determined it. */
  | 'UNDETERMINED';

/** A definite no of WeChat's. */
export interface Refusal {
  readonly status: number;
  /** WeChat's word, such as `PARAM_ERROR`. */
  readonly code: string;
  /** The finer number behind the last `-` of `Request-ID`, such as 271316598. */
  readonly number: number | null;
  readonly requestId: string | null;
  /** WeChat's own sentence, left out where it quotes something that was sent. */
  readonly explanation: string | null;
  /** Whether the refusal carries a valid signature of WeChat's. A 401 never does. */
  readonly verified: boolean;
}

/** What is known of the last answer; all null where there was none. */
export interface LastAnswer {
  readonly status: number | null;
  readonly code: string | null;
  /** What WeChat's support asks for. */
  readonly requestId: string | null;
}

/** What an error means for the caller: each class has its own. */
export type WechatErrorKind =
  | 'refused'
  | 'unavailable'
  | 'untrusted'
  | 'outcome-unknown'
  | 'order-conflict'
  | 'order-not-found'
  | 'order-state';

/** Every error of a call to WeChat. */
export abstract class WechatError extends Error implements LastAnswer {
  abstract readonly kind: WechatErrorKind;
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;

  constructor(
    message: string,
    { status, code, requestId, cause }: LastAnswer & { cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** WeChat rejected the request: fix the input or the merchant configuration. Repeating it unchanged is useless. */
export class WechatRefusedError extends WechatError {
  override readonly name = 'WechatRefusedError';
  readonly kind = 'refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    const { code, number, explanation } = refusal;
    const word = number === null ? code : `${code}, ${number}`;
    super(`WeChat Pay refused (${word})${explanation ? `: ${explanation}` : '.'}`, refusal);
    this.refusal = refusal;
  }
}

/** Nothing was accepted: the same call may be made again. */
export class WechatUnavailableError extends WechatError {
  override readonly name = 'WechatUnavailableError';
  readonly kind = 'unavailable';
  readonly retryAfterSeconds: number | null;

  constructor(message: string, details: LastAnswer & { readonly retryAfterMs?: number }) {
    super(message, details);
    const { retryAfterMs } = details;
    this.retryAfterSeconds = retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000);
  }
}

/** What answered a query can't be trusted: look at the clock, at proxies, and at WeChat's keys. */
export class WechatUntrustedError extends WechatError {
  override readonly name = 'WechatUntrustedError';
  readonly kind = 'untrusted';
}

/** The write may or may not have taken effect: repeat the very same call, or query. */
export class OutcomeUnknownError extends WechatError {
  override readonly name = 'OutcomeUnknownError';
  readonly kind = 'outcome-unknown';
  readonly reason: UnknownOutcomeReason;

  constructor(reason: UnknownOutcomeReason, details: LastAnswer) {
    super(
      'It is not known whether this took effect: repeat the very same call, or query the order.',
      details,
    );
    this.reason = reason;
  }
}

/** The same, for the order of a known number. */
export class OrderOutcomeUnknownError extends OutcomeUnknownError {
  readonly outOrderNo: string;

  constructor(outOrderNo: string, reason: UnknownOutcomeReason, details: LastAnswer) {
    super(reason, details);
    this.outOrderNo = outOrderNo;
  }
}

/** The number stands for another order already: take a new number, or query that order. */
export class OrderConflictError extends WechatError {
  override readonly name = 'OrderConflictError';
  readonly kind = 'order-conflict';
  readonly outOrderNo: string;

  constructor(outOrderNo: string, details: LastAnswer) {
    super('This outOrderNo stands for an order with other content.', details);
    this.outOrderNo = outOrderNo;
  }
}

/** There is no such order: check the number. */
export class OrderNotFoundError extends WechatError {
  override readonly name = 'OrderNotFoundError';
  readonly kind = 'order-not-found';
  readonly outOrderNo: string;

  constructor(outOrderNo: string, details: LastAnswer) {
    super('WeChat Pay knows no such order.', details);
    this.outOrderNo = outOrderNo;
  }
}

/** The order is not in a state for this: look at `state`. */
export class OrderStateError extends WechatError {
  override readonly name = 'OrderStateError';
  readonly kind = 'order-state';
  readonly outOrderNo: string;
  /** WeChat's word for the present state; null where a query could not tell. */
  readonly state: string | null;

  constructor(outOrderNo: string, state: string | null, details: LastAnswer) {
    super("The order's state does not allow this.", details);
    this.outOrderNo = outOrderNo;
    this.state = state;
  }
}
