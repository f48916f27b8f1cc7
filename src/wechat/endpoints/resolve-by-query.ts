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

/** A write whose answer does not say everything. */
interface SentWrite {
  readonly order: {
    readonly appid: string;
    readonly serviceId: string;
    readonly outOrderNo: string;
  };
  readonly operation: WriteOperation;
  /** The bytes that were sent. */
  readonly body: Uint8Array;
  /** It did take effect before: a query need only not contradict that. */
  readonly succeededBefore: boolean;
}

type Asking<T> = Extract<CallOutcome<T>, { step: 'query' }>;

/**
 * The order, if a query shows that the write took effect. Everything else is an error. That there is no
 * such order confirms a refusal: verified, or, if no attempt was ambiguous, in any case.
 */
export async function resolveByQuery<T>(
  context: CallContext,
  { order, operation, body, succeededBefore }: SentWrite,
  { refusal, doubt }: Asking<T>,
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
      throw outcomeUnknown(outOrderNo, doubt ?? unverified(refusal));
    }
    throw operation === 'create'
      ? new OrderConflictError(outOrderNo, refusal)
      : shownRefusal(refusal, outOrderNo, asked.answer.state);
  }
  const isAbsent = asked.step === 'refuse' && isNotFound(asked.refusal);
  if (!isAbsent || (doubt !== undefined && !asked.refusal.verified)) {
    throw outcomeUnknown(outOrderNo, doubt ?? unverified(refusal));
  }
  throw operation === 'create'
    ? createRefusal(refusal, outOrderNo)
    : refusalError(refusal, outOrderNo, null);
}

/** Ids alone: as the answer to a cancel of the order, so that to its complete. */
const IDS_ONLY: Ambiguous = {
  kind: 'ambiguous',
  reason: 'UNTRUSTED_ANSWER',
  what: 'The answer names the order but not the write, and a query does not show its effect.',
  status: 200,
  code: null,
  requestId: null,
};

/**
 * The order that shows the effect of a write which was answered with ids alone. The signature does not
 * cover the request, and the answers to other writes to the order have the same ids. Values that the
 * query leaves out do not contradict the answer; a state that is not known does not confirm it.
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

/** A refusal that nobody proved, as what it is without a query that confirms it. */
function unverified({ status, code, requestId }: Refusal): Ambiguous {
  const what = 'The refusal has no valid signature of WeChat Pay.';
  return { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER', what, status, code, requestId };
}

/** The error of a refusal of an order that a query shows: it cannot be missing. */
function shownRefusal(refusal: Refusal, outOrderNo: string, state: string): WechatError {
  return isNotFound(refusal)
    ? new WechatRefusedError(refusal)
    : refusalError(refusal, outOrderNo, state);
}

/** There is no order yet that could be missing or in a wrong state. */
function createRefusal(refusal: Refusal, outOrderNo: string): WechatError {
  return isConflict(refusal)
    ? new OrderConflictError(outOrderNo, refusal)
    : new WechatRefusedError(refusal);
}

/** The error of a definite refusal. One that is about the order's state comes with that state. */
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

export function outcomeUnknown(outOrderNo: string, doubt: Ambiguous): OrderOutcomeUnknownError {
  return new OrderOutcomeUnknownError(outOrderNo, doubt.reason, doubt);
}
