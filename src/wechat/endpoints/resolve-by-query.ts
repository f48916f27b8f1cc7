import { isConflict, isNotFound, isStateRefusal } from '../calls/call-outcome.ts';
import type { Ambiguous } from '../calls/retry-policy.ts';
import type { CallContext, CallOutcome, Deadline } from '../calls/run-attempts.ts';
import type { PayAfterOrder } from '../codec/wire-types.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  type Refusal,
  type WechatError,
  WechatRefusedError,
} from '../errors.ts';
import { runQuery } from './query-pay-after-order.ts';
import { isKnownState, outcomeByQuery, type WriteOperation } from './write-outcome.ts';

/** A write whose response does not prove its outcome. */
interface SentWrite {
  readonly order: {
    readonly appid: string;
    readonly serviceId: string;
    readonly outOrderNo: string;
  };
  readonly operation: WriteOperation;
  /** The bytes that were sent. */
  readonly body: Uint8Array;
  /** An earlier call is known to have taken effect: a query must only not contradict that. */
  readonly succeededBefore: boolean;
}

type Asking<T> = Extract<CallOutcome<T>, { step: 'query' }>;

/**
 * The order, if a query shows that the write took effect. Every other result is an error. A missing
 * order confirms a refusal if it is verified, or if no attempt was ambiguous.
 */
export async function resolveByQuery<T>(
  context: CallContext,
  { order, operation, body, succeededBefore }: SentWrite,
  { refusal, ambiguous }: Asking<T>,
  deadline: Deadline,
): Promise<PayAfterOrder> {
  const { outOrderNo } = order;
  const asked = await runQuery(context, order, deadline);
  if (asked.step === 'answer') {
    const outcome = outcomeByQuery(operation, body, asked.answer);
    if (outcome === 'took-effect' || (outcome === 'undetermined' && succeededBefore)) {
      return asked.answer;
    }
    if (outcome === 'undetermined') {
      throw outcomeUnknown(outOrderNo, ambiguous ?? unverified(refusal));
    }
    throw operation === 'create'
      ? new OrderConflictError(outOrderNo, refusal)
      : shownRefusal(refusal, outOrderNo, asked.answer.state);
  }
  const isAbsent = asked.step === 'refuse' && isNotFound(asked.refusal);
  if (!isAbsent || (ambiguous !== undefined && !asked.refusal.verified)) {
    throw outcomeUnknown(outOrderNo, ambiguous ?? unverified(refusal));
  }
  throw operation === 'create'
    ? createRefusal(refusal, outOrderNo)
    : refusalError(refusal, outOrderNo, null);
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
export async function confirmByQuery(
  context: CallContext,
  { order, operation, body }: SentWrite,
  deadline: Deadline,
): Promise<PayAfterOrder> {
  const asked = await runQuery(context, order, deadline);
  if (asked.step === 'answer') {
    const outcome = outcomeByQuery(operation, body, asked.answer);
    const fits = outcome === 'undetermined' && isKnownState(asked.answer.state);
    if (outcome === 'took-effect' || fits) {
      return asked.answer;
    }
  }
  throw outcomeUnknown(order.outOrderNo, IDS_ONLY);
}

/** Converts an unverified refusal that no query confirms to an ambiguous attempt. */
function unverified({ status, code, requestId }: Refusal): Ambiguous {
  const what = 'The refusal has no valid WeChat Pay signature.';
  return { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER', what, status, code, requestId };
}

/** The error of a refusal if a query shows the order: the order cannot be missing. */
function shownRefusal(refusal: Refusal, outOrderNo: string, state: string): WechatError {
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
export async function definiteRefusal(
  context: CallContext,
  { order, operation }: SentWrite,
  refusal: Refusal,
  deadline: Deadline,
): Promise<WechatError> {
  if (operation === 'create') {
    return createRefusal(refusal, order.outOrderNo);
  }
  const asked = isStateRefusal(refusal) ? await runQuery(context, order, deadline) : undefined;
  const state = asked?.step === 'answer' ? asked.answer.state : null;
  return refusalError(refusal, order.outOrderNo, state);
}

function refusalError(refusal: Refusal, outOrderNo: string, state: string | null): WechatError {
  if (isConflict(refusal)) {
    return new OrderConflictError(outOrderNo, refusal);
  }
  if (isNotFound(refusal)) {
    return new OrderNotFoundError(outOrderNo, refusal);
  }
  return isStateRefusal(refusal)
    ? new OrderStateError(outOrderNo, state, refusal)
    : new WechatRefusedError(refusal);
}

export function outcomeUnknown(outOrderNo: string, ambiguous: Ambiguous): OrderOutcomeUnknownError {
  return new OrderOutcomeUnknownError(outOrderNo, ambiguous.reason, ambiguous);
}
