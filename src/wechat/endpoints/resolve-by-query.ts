import { isBusy, isConflict, isNotFound, isStateRefusal } from '../calls/refusals.ts';
import type { Ambiguous } from '../calls/retry-policy.ts';
import type { CallContext, CallOutcome, Deadline } from '../calls/run-attempts.ts';
import {
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  type Refusal,
  type ShownState,
  type WechatError,
  WechatRefusedError,
} from '../errors.ts';
import type { WriteOutcome } from './write-outcome.ts';

/** How a query shows the outcome of one write to an order of a product. */
export interface ShownOrder<O> {
  readonly outOrderNo: string;
  /** A create: without it there is no order that could be in a wrong state. */
  readonly isCreate: boolean;
  readonly query: (context: CallContext, deadline: Deadline) => Promise<CallOutcome<O>>;
  readonly outcomeOf: (order: O) => WriteOutcome;
  /** A complete: WeChat Pay debits the user after it. */
  readonly isComplete: boolean;
  /**
   * Whether the order confirms a response that has only ids: it shows the effect, or is in a known state
   * and leaves out what would decide.
   */
  readonly confirms: (order: O) => boolean;
  readonly stateOf: (order: O) => ShownState;
  /** Whether a query of the product returns WeChat Pay's own id of the order. */
  readonly showsOrderId: boolean;
}

/** A write whose response does not prove its outcome. */
interface SentWrite<O> {
  readonly shown: ShownOrder<O>;
  /** An earlier call is known to have taken effect: a query must only not contradict that. */
  readonly succeededBefore: boolean;
}

/** A refusal that proves nothing by itself. */
type UnprovenRefusal = Pick<
  Extract<CallOutcome<unknown>, { step: 'query' }>,
  'refusal' | 'ambiguous'
>;

/**
 * The order, if a query shows that the write took effect. Every other result is an error. A missing
 * order confirms a refusal if it is verified, or if no attempt was ambiguous.
 */
export async function resolveByQuery<O>(
  context: CallContext,
  { shown, succeededBefore }: SentWrite<O>,
  { refusal, ambiguous }: UnprovenRefusal,
  deadline: Deadline,
): Promise<O> {
  const { outOrderNo, isCreate } = shown;
  const asked = await shown.query(context, deadline);
  if (asked.step === 'answer') {
    const outcome = shown.outcomeOf(asked.answer);
    if (outcome === 'took-effect' || (outcome === 'undetermined' && succeededBefore)) {
      return asked.answer;
    }
    if (outcome === 'undetermined') {
      throw outcomeUnknown(outOrderNo, ambiguous ?? unverified(refusal));
    }
    throw isCreate
      ? new OrderConflictError(outOrderNo, refusal)
      : shownRefusal(refusal, outOrderNo, shown.stateOf(asked.answer));
  }
  const isAbsent = asked.step === 'refuse' && isNotFound(asked.refusal);
  if (!isAbsent || (ambiguous !== undefined && !asked.refusal.verified)) {
    throw outcomeUnknown(outOrderNo, ambiguous ?? unverified(refusal));
  }
  throw isCreate ? createRefusal(refusal, outOrderNo) : refusalError(refusal, outOrderNo, null);
}

/**
 * A response with only ids: the response to a cancel of the order looks like that to its complete.
 */
const IDS_ONLY: Ambiguous = {
  kind: 'ambiguous',
  reason: 'UNTRUSTED_ANSWER',
  what: 'The response contains only ids, and a query does not show the effect of the write.',
  status: 200,
  code: null,
  requestId: null,
};

/**
 * Resolves a write whose response contains only ids: the order that shows its effect. The signature
 * does not cover the request, and the responses to other writes to the order have the same ids.
 * Values that the query omits do not contradict the response; an unknown state does not confirm it.
 * @throws OrderOutcomeUnknownError
 */
export async function confirmByQuery<O>(
  context: CallContext,
  { shown, succeededBefore }: SentWrite<O>,
  deadline: Deadline,
): Promise<O> {
  const asked = await shown.query(context, deadline);
  if (asked.step === 'answer') {
    const order = asked.answer;
    if (shown.confirms(order) || (succeededBefore && shown.outcomeOf(order) !== 'no-effect')) {
      return order;
    }
  }
  throw outcomeUnknown(shown.outOrderNo, IDS_ONLY);
}

/** A debit failed: an order is debited once its complete has taken effect. */
export function failedDebit({ status, code, requestId }: Refusal): Ambiguous {
  const what = 'A debit failed: the complete before it may have taken effect.';
  return { kind: 'ambiguous', reason: 'UNDETERMINED', what, status, code, requestId };
}

/** Converts an unverified refusal that no query confirms to an ambiguous attempt. */
function unverified({ status, code, requestId }: Refusal): Ambiguous {
  const what = 'The refusal has no valid WeChat Pay signature.';
  return { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER', what, status, code, requestId };
}

/** The error of a refusal if a query shows the order: the order cannot be missing. */
function shownRefusal(refusal: Refusal, outOrderNo: string, state: ShownState): WechatError {
  return isNotFound(refusal)
    ? new WechatRefusedError(refusal)
    : refusalError(refusal, outOrderNo, state);
}

/** The error of a refused create: no order exists that could be missing or in a wrong state. */
function createRefusal(refusal: Refusal, outOrderNo: string): WechatError {
  return isConflict(refusal)
    ? new OrderConflictError(outOrderNo, refusal)
    : new WechatRefusedError(refusal);
}

/** The error of a definite refusal. If it is about the order's state, it contains that state. */
export async function definiteRefusal<O>(
  context: CallContext,
  shown: ShownOrder<O>,
  refusal: Refusal,
  deadline: Deadline,
): Promise<WechatError> {
  if (shown.isCreate) {
    return createRefusal(refusal, shown.outOrderNo);
  }
  const asked = isStateRefusal(refusal) ? await shown.query(context, deadline) : undefined;
  const state = asked?.step === 'answer' ? shown.stateOf(asked.answer) : null;
  return refusalError(refusal, shown.outOrderNo, state);
}

function refusalError(refusal: Refusal, outOrderNo: string, state: ShownState | null): WechatError {
  if (isConflict(refusal)) {
    return new OrderConflictError(outOrderNo, refusal);
  }
  if (isNotFound(refusal)) {
    return new OrderNotFoundError(outOrderNo, refusal);
  }
  if (isBusy(refusal)) {
    return new OrderBusyError(outOrderNo, refusal);
  }
  return isStateRefusal(refusal)
    ? new OrderStateError(outOrderNo, state, refusal)
    : new WechatRefusedError(refusal);
}

export function outcomeUnknown(outOrderNo: string, ambiguous: Ambiguous): OrderOutcomeUnknownError {
  // The reader of the log needs more than the reason.
  const cause = ambiguous.cause ?? new Error(ambiguous.what);
  return new OrderOutcomeUnknownError(outOrderNo, ambiguous.reason, { ...ambiguous, cause });
}
