import { bodyOf, checkPath, scalarsIn } from '../calls/request.ts';
import type { Ambiguous } from '../calls/retry-policy.ts';
import {
  type Call,
  type CallContext,
  type Deadline,
  deadlineIn,
  runAttempts,
  type SendReport,
} from '../calls/run-attempts.ts';
import { encode, type Request, type Shape, type Wire } from '../codec/codec.ts';
import type { PayAfterOrder } from '../codec/wire-types.ts';
import { fieldEncryption } from '../crypto/encryption.ts';
import { WechatUnavailableError } from '../errors.ts';
import { requireEncryptionKey } from '../keys/key-ring.ts';
import {
  confirmByQuery,
  definiteRefusal,
  outcomeUnknown,
  resolveByQuery,
} from './resolve-by-query.ts';
import type { WriteOperation } from './write-outcome.ts';

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
  /** It did take effect before: a query need only not contradict that. */
  readonly succeededBefore?: boolean | undefined;
  /** On the monotonic clock, ms: when the call must have ended. At most the client's own budget from now. */
  readonly deadline?: Deadline | undefined;
  /** Called before the answer or the error, once no further attempt follows. */
  readonly onSent?: ((report: SendReport) => void) | undefined;
  /** Called with the order before the answer, if a query has shown the effect of the write. */
  readonly onShown?: ((order: PayAfterOrder) => void) | undefined;
}

/** An answer with the ids of the request. */
interface OwnAnswer<T> {
  readonly answer: T;
  /** No other write to the same order is answered like this. If not, a query confirms its effect. */
  readonly isUnique: boolean;
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
  readonly read: (wire: Wire) => OwnAnswer<T> | undefined;
  /** The answer when a query has shown that the write took effect, with the ids of the request. */
  readonly shownByQuery: () => T;
  readonly operation: WriteOperation;
}

const EARLIER: Ambiguous = {
  kind: 'ambiguous',
  reason: 'UNDETERMINED',
  what: 'An earlier call was ambiguous.',
  status: null,
  code: null,
  requestId: null,
};

/**
 * Sensitive fields are encrypted for the preferred key.
 * @throws RangeError, and WechatUnavailableError while there is no valid key
 */
export function prepareWrite<S extends Shape>(
  { keys }: CallContext,
  path: string,
  shape: S,
  request: Request<S>,
): FreshWrite {
  checkPath(path);
  const current = requireEncryptionKey(keys);
  const wire = encode(shape, request, fieldEncryption(current.key));
  const canonical = encode(shape, request, (plaintext) => plaintext);
  return { target: path, body: bodyOf(wire), platformSerial: current.serial, canonical };
}

/**
 * Sends a write. What may have taken effect is never reported as failed: where an attempt may have
 * and a later one is refused, a query decides. Nor is an answer that could be that to another write a
 * success by itself: a query confirms it.
 * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError, OrderConflictError,
 *   OrderNotFoundError, OrderStateError
 */
export async function write<T>(
  context: CallContext,
  { order, prepared, endpoint, request, read, shownByQuery, operation }: Write<T>,
  options: WriteOptions,
): Promise<T> {
  const { doubtful = false, succeededBefore = false } = options;
  const deadline = deadlineIn(context.budgetMs, options.deadline);
  const call: Call<OwnAnswer<T>> = {
    method: 'POST',
    ...prepared,
    endpoint,
    writes: true,
    earlierAmbiguousAttempt: doubtful ? EARLIER : undefined,
    sent: () => [...scalarsIn(request), ...bodyScalars(prepared)],
    read,
  };
  const sent = { order, operation, body: prepared.body, succeededBefore };
  const settled = await runAttempts(call, context, deadline);
  options.onSent?.(settled.sent);
  switch (settled.step) {
    case 'answer': {
      const { answer, isUnique } = settled.answer;
      if (!isUnique && !succeededBefore) {
        const shown = await confirmByQuery(context, sent, deadline);
        options.onShown?.(shown);
      }
      return answer;
    }
    case 'stop':
      throw settled.last.kind === 'ambiguous'
        ? outcomeUnknown(order.outOrderNo, settled.last)
        : new WechatUnavailableError(settled.last.what, settled.last);
    case 'refuse':
      throw await definiteRefusal(context, sent, settled.refusal, deadline);
    case 'query': {
      if (!settled.refusal.verified) {
        const { status, code, requestId } = settled.refusal;
        context.onUnverifiedRefusal({ endpoint, status, code, requestId });
      }
      const shown = await resolveByQuery(context, sent, settled, deadline);
      options.onShown?.(shown);
      return shownByQuery();
    }
  }
}

function bodyScalars({ body }: PreparedWrite): readonly string[] {
  return scalarsIn(JSON.parse(Buffer.from(body).toString()));
}
