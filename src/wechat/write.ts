import type { Ambiguous } from './attempts.ts';
import { type CallContext, type Deadline, deadlineIn, type Settled, settle } from './call.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  type Refusal,
  type WechatError,
  WechatRefusedError,
  WechatUnavailableError,
} from './errors.ts';
import { keyToEncrypt } from './no-key.ts';
import { isConflict, isNotFound, isStateRefusal } from './outcome.ts';
import { settleQuery } from './query-pay-after-order.ts';
import { hasTaken, type WriteOperation } from './recognise.ts';
import { bodyOf, scalarsIn } from './request.ts';
import { fieldEncryption } from './sensitive-fields.ts';
import { encode, type Request, type Shape, type Wire } from './shape.ts';

/** The bytes of a write, made once: encryption gives others each time. To be kept and sent again. */
export interface PreparedWrite {
  readonly target: string;
  readonly body: Uint8Array;
  /** The key that the sensitive fields are encrypted for. */
  readonly platformSerial: string;
}

/** Made for a request that has not been sent yet. */
export interface FreshWrite extends PreparedWrite {
  /** The wire object before encryption, for a digest. Holds personal data: never to be stored. */
  readonly canonical: Wire;
}

export interface WriteOptions {
  /** Made for this very request before; where left out, it is made now. */
  readonly prepared?: PreparedWrite | undefined;
  /** It may have taken effect before, so that a refusal proves nothing. */
  readonly doubtful?: boolean | undefined;
}

/** What is particular to one kind of write. */
export interface Write<T> {
  readonly order: {
    readonly appid: string;
    readonly serviceId: string;
    readonly outOrderNo: string;
  };
  readonly prepared: PreparedWrite;
  /** Its path as a template. */
  readonly endpoint: string;
  /** The request as it was before encryption. */
  readonly request: object;
  readonly read: (wire: Wire) => T | undefined;
  /** The answer when a query has shown that the write took effect, with the ids of the request. */
  readonly shownByQuery: () => T;
  readonly operation: WriteOperation;
}

const EARLIER: Ambiguous = {
  kind: 'ambiguous',
  reason: 'CONNECTION',
  what: 'An earlier call was ambiguous.',
  status: null,
  code: null,
  requestId: null,
};

/**
 * Sensitive fields are encrypted for the preferred key.
 * @throws WechatUnavailableError while there is none
 */
export function prepareWrite<S extends Shape>(
  { keys }: CallContext,
  path: string,
  shape: S,
  request: Request<S>,
): FreshWrite {
  const current = keyToEncrypt(keys);
  const wire = encode(shape, request, fieldEncryption(current.key));
  const canonical = encode(shape, request, (plaintext) => plaintext);
  return { target: path, body: bodyOf(wire), platformSerial: current.serial, canonical };
}

/**
 * Sends a write. What may have taken effect is never reported as failed: where an attempt may have
 * and a later one is refused, a query decides.
 * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError, OrderConflictError,
 *   OrderNotFoundError, OrderStateError
 */
export async function write<T>(
  context: CallContext,
  { order, prepared, endpoint, request, read, shownByQuery, operation }: Write<T>,
  { doubtful = false }: WriteOptions,
): Promise<T> {
  const deadline = deadlineIn(context.budgetMs);
  const call = {
    method: 'POST' as const,
    ...prepared,
    endpoint,
    writes: true,
    doubt: doubtful ? EARLIER : undefined,
    sent: () => [...scalarsIn(request), ...bodyScalars(prepared)],
    read,
  };
  const settled = await settle(call, context, deadline);
  switch (settled.step) {
    case 'answer':
      return settled.answer;
    case 'give-up':
      throw settled.last.kind === 'ambiguous'
        ? unknown(order.outOrderNo, settled.last)
        : new WechatUnavailableError(settled.last.what, settled.last);
    case 'refuse':
      throw operation === 'create'
        ? createRefusal(settled.refusal, order.outOrderNo)
        : await explain(context, order, settled.refusal, deadline);
    case 'ask':
      await decide(context, { order, operation, prepared }, settled, deadline);
      return shownByQuery();
  }
}

type Asking<T> = Extract<Settled<T>, { step: 'ask' }>;

/** Resolves if a query shows that the write took effect. Everything else is an error. */
async function decide<T>(
  context: CallContext,
  { order, operation, prepared }: Pick<Write<T>, 'order' | 'operation' | 'prepared'>,
  { refusal, doubt }: Asking<T>,
  deadline: Deadline,
): Promise<void> {
  const { outOrderNo } = order;
  const asked = await settleQuery(context, order, deadline);
  if (asked.step === 'answer') {
    if (hasTaken(operation, prepared.body, asked.answer)) {
      return;
    }
    throw operation === 'create'
      ? new OrderConflictError(outOrderNo, refusal)
      : refusalError(refusal, outOrderNo, asked.answer.state);
  }
  const absent = asked.step === 'refuse' && asked.refusal.verified && isNotFound(asked.refusal);
  if (!absent) {
    throw unknown(outOrderNo, doubt);
  }
  throw operation === 'create'
    ? createRefusal(refusal, outOrderNo)
    : refusalError(refusal, outOrderNo, null);
}

/** There is no order yet that could be missing or in a wrong state. */
function createRefusal(refusal: Refusal, outOrderNo: string): WechatError {
  return isConflict(refusal)
    ? new OrderConflictError(outOrderNo, refusal)
    : new WechatRefusedError(refusal);
}

/** The error of a definite refusal. One that is about the order's state comes with that state. */
async function explain(
  context: CallContext,
  order: Write<unknown>['order'],
  refusal: Refusal,
  deadline: Deadline,
): Promise<WechatError> {
  const asked = isStateRefusal(refusal) ? await settleQuery(context, order, deadline) : undefined;
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

function unknown(outOrderNo: string, doubt: Ambiguous): OrderOutcomeUnknownError {
  return new OrderOutcomeUnknownError(outOrderNo, doubt.reason, doubt);
}

function bodyScalars({ body }: PreparedWrite): readonly string[] {
  return scalarsIn(JSON.parse(Buffer.from(body).toString()));
}
