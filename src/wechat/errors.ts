import type { ServiceOrderPhase } from './endpoints/service-order/phase.ts';

/** Why it is unknown whether a write took effect. */
export type UnknownOutcomeReason =
  | 'TIMEOUT'
  | 'CONNECTION'
  | 'SERVER_ERROR'
  | 'UNTRUSTED_ANSWER'
  /** An earlier call may have taken effect, and no query has determined it. */
  | 'UNDETERMINED';

/** A definite refusal by WeChat Pay. */
export interface Refusal {
  readonly status: number;
  /** WeChat Pay's error code, such as `PARAM_ERROR`. */
  readonly code: string;
  /** The detailed error number after the last `-` of `Request-ID`, such as 271316598. */
  readonly number: number | null;
  readonly requestId: string | null;
  /** WeChat Pay's own message, omitted if it quotes a value of the request. */
  readonly explanation: string | null;
  /** The field that WeChat Pay names, as in the input: `fees.0.feeName`. Never a value. */
  readonly field: string | null;
  /** What WeChat Pay says about it, omitted if it is long or quotes a value of the request. */
  readonly issue: string | null;
  /** Whether the refusal has a valid WeChat Pay signature. A 401 never does. */
  readonly verified: boolean;
}

/** What is known of the last response; all null if there was none. */
export interface LastAnswer {
  readonly status: number | null;
  readonly code: string | null;
  /** The id that WeChat Pay's support needs. */
  readonly requestId: string | null;
}

/** What else an error may have: `attempts` of a query, and its cause. */
interface FurtherDetails {
  readonly cause?: unknown;
  readonly attempts?: number | null | undefined;
}

/** What an error means for the caller: each class has its own. */
export type WechatErrorKind =
  | 'refused'
  | 'unavailable'
  | 'untrusted'
  | 'outcome-unknown'
  | 'order-conflict'
  | 'order-not-found'
  | 'order-state'
  | 'order-busy'
  | 'order-not-started'
  | 'permission-in-use';

/** Every error of a call to WeChat Pay. */
export abstract class WechatError extends Error implements LastAnswer {
  abstract readonly kind: WechatErrorKind;
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;
  /** Requests of a query that may have reached WeChat Pay; null for a write, which reports them. */
  readonly attempts: number | null;

  constructor(
    message: string,
    { status, code, requestId, cause, attempts }: LastAnswer & FurtherDetails,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.attempts = attempts ?? null;
  }
}

/**
 * WeChat Pay rejected the request: fix the input or the merchant configuration. An unchanged retry
 * fails again.
 */
export class WechatRefusedError extends WechatError {
  override readonly name = 'WechatRefusedError';
  readonly kind = 'refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, attempts?: number) {
    const { code, number, explanation } = refusal;
    const word = number === null ? code : `${code}, ${number}`;
    const details = { ...refusal, attempts };
    super(`WeChat Pay refused (${word})${explanation ? `: ${explanation}` : '.'}`, details);
    this.refusal = refusal;
  }
}

/** WeChat Pay accepted nothing: it is safe to retry the same call. */
export class WechatUnavailableError extends WechatError {
  override readonly name = 'WechatUnavailableError';
  readonly kind = 'unavailable';
  readonly retryAfterSeconds: number | null;
  /** Why, such as NOT_CONNECTED or CIRCUIT_OPEN; null if it is not known. */
  readonly reason: string | null;

  constructor(
    message: string,
    details: LastAnswer &
      FurtherDetails & { readonly retryAfterMs?: number; readonly reason?: string },
  ) {
    super(message, details);
    const { retryAfterMs, reason } = details;
    this.reason = reason ?? null;
    this.retryAfterSeconds = retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000);
  }
}

/** The response to a query cannot be trusted: check the clock, proxies and the WeChat Pay keys. */
export class WechatUntrustedError extends WechatError {
  override readonly name = 'WechatUntrustedError';
  readonly kind = 'untrusted';
}

/** The write may or may not have taken effect: retry the identical call, or query. */
export class OutcomeUnknownError extends WechatError {
  override readonly name = 'OutcomeUnknownError';
  readonly kind = 'outcome-unknown';
  readonly reason: UnknownOutcomeReason;

  constructor(reason: UnknownOutcomeReason, details: LastAnswer & { readonly cause?: unknown }) {
    super(
      'It is unknown whether the write took effect: retry the identical call, or query the order.',
      details,
    );
    this.reason = reason;
  }
}

/** The same, with the order number. */
export class OrderOutcomeUnknownError extends OutcomeUnknownError {
  readonly outOrderNo: string;

  constructor(
    outOrderNo: string,
    reason: UnknownOutcomeReason,
    details: LastAnswer & { readonly cause?: unknown },
  ) {
    super(reason, details);
    this.outOrderNo = outOrderNo;
  }
}

/**
 * The number was already used with different parameters: query that order. A new number is right only
 * for a different order.
 */
export class OrderConflictError extends WechatError {
  override readonly name = 'OrderConflictError';
  readonly kind = 'order-conflict';
  readonly outOrderNo: string;

  constructor(outOrderNo: string, details: LastAnswer) {
    super('This outOrderNo was already used with different parameters.', details);
    this.outOrderNo = outOrderNo;
  }
}

/** There is no such order: check the number. */
export class OrderNotFoundError extends WechatError {
  override readonly name = 'OrderNotFoundError';
  readonly kind = 'order-not-found';
  readonly outOrderNo: string;

  constructor(outOrderNo: string, details: LastAnswer) {
    super('WeChat Pay has no such order: check the outOrderNo.', details);
    this.outOrderNo = outOrderNo;
  }
}

/** What a query has shown of the state of an order. */
export interface ShownState {
  /** As WeChat Pay names it. */
  readonly state: string;
  /** Of a service order, whose `state` is not enough. */
  readonly phase?: ServiceOrderPhase | undefined;
}

/** The state of the order does not allow the operation: see `state`. */
export class OrderStateError extends WechatError {
  override readonly name = 'OrderStateError';
  readonly kind = 'order-state';
  readonly outOrderNo: string;
  /** The current state as WeChat Pay names it; null if a query could not determine it. */
  readonly state: string | null;
  /** Null for a pay-after order, and if a query could not determine it. */
  readonly phase: ServiceOrderPhase | null;

  constructor(outOrderNo: string, shown: ShownState | null, details: LastAnswer) {
    super('The state of the order does not allow this operation.', details);
    this.outOrderNo = outOrderNo;
    this.state = shown?.state ?? null;
    this.phase = shown?.phase ?? null;
  }
}

/** WeChat Pay's advice while a debit is under way. */
const BUSY_SECONDS = 180;

/** A debit of the order is under way (单据正在扣款中): nothing changed. Retry later, or query the order. */
export class OrderBusyError extends WechatError {
  override readonly name = 'OrderBusyError';
  readonly kind = 'order-busy';
  readonly outOrderNo: string;
  readonly retryAfterSeconds = BUSY_SECONDS;

  constructor(outOrderNo: string, details: LastAnswer) {
    super('WeChat Pay is collecting the payment of this order: retry later.', details);
    this.outOrderNo = outOrderNo;
  }
}

/**
 * A create that needs no confirmation left the order in a state in which it has not begun: WeChat
 * Pay's documentation calls that a failed create.
 */
export class OrderNotStartedError extends WechatError {
  override readonly name = 'OrderNotStartedError';
  readonly kind = 'order-not-started';
  readonly outOrderNo: string;
  /** As WeChat Pay names it. */
  readonly state: string;

  constructor(outOrderNo: string, state: string, details: LastAnswer) {
    super('The order exists but has not begun, although no confirmation is needed.', details);
    this.outOrderNo = outOrderNo;
    this.state = state;
  }
}

/** The permission cannot end while orders under it are open (存在未完成订单): complete or cancel them. */
export class PermissionInUseError extends WechatError {
  override readonly name = 'PermissionInUseError';
  readonly kind = 'permission-in-use';

  constructor(details: LastAnswer) {
    super('Orders under this permission are open: complete or cancel them first.', details);
  }
}

/** It is unknown whether the permission has ended: retry the identical call, or query it. */
export class PermissionOutcomeUnknownError extends OutcomeUnknownError {
  constructor(details: LastAnswer & { readonly reason: UnknownOutcomeReason }) {
    super(details.reason, details);
  }
}
