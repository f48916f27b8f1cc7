import { semanticsOf } from '../../domain/write-semantics.ts';
import type { AcquiredIntent } from '../../ledger/jobs/acquire-intent.ts';
import type { Intent } from '../../ledger/records.ts';
import {
  OrderOutcomeUnknownError,
  OrderStateError,
  WechatError,
  WechatRefusedError,
} from '../../wechat/index.ts';
import { recordSuccess } from '../state/observation.ts';
import { NO_ANSWER, queryBeforeWrite } from './query-before-write.ts';
import type {
  CallDeadline,
  Intended,
  OrderWrite,
  Refusal,
  Replayable,
  WriteServices,
} from './write-types.ts';

/**
 * Checks run before any request is sent, those of a repeat included, so that a repeat does no more
 * than a first call may. But a write that succeeded must not fail when it is repeated: if an intent
 * of the same owner with the same input exists, a query decides whether it took effect. No write is
 * sent.
 * @param write evaluated only here, because invalid input may have no bytes
 * @throws the error of the refusal; OrderOutcomeUnknownError if the query does not determine it
 */
export async function refuseUnlessDone<T extends object, O>(
  services: WriteServices,
  write: () => OrderWrite<T, O>,
  refusal: Refusal<O>,
  { deadline, sendBy }: CallDeadline,
): Promise<Replayable<T>> {
  const repeated = refusal.isForeign ? undefined : encodable(write);
  const intent = repeated && (await findRepeated(services, repeated.intended, sendBy));
  if (repeated === undefined || intent === undefined) {
    throw refusal.error;
  }
  const { orders } = repeated;
  const { outOrderNo, appid, serviceId, operation } = repeated.intended;
  const query = { outOrderNo, appid, serviceId };
  const order =
    refusal.order ??
    (await queryBeforeWrite({ orders, wechat: services.wechat }, query, deadline).catch(
      (error: unknown) => {
        // The refusal of a query does not say anything about the write.
        throw error instanceof WechatRefusedError
          ? new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', error)
          : error;
      },
    ));
  if (order === null) {
    throw refusal.error;
  }
  const body = sentBytes(intent);
  if (orders.isSuperseded(operation, body, order)) {
    throw refusal.error;
  }
  const outcome = orders.outcomeOf(operation, body, order);
  if (outcome === 'undetermined' && intent.status === 'done') {
    // The write succeeded before, and the query does not contradict that.
    return { ...repeated.shownByQuery(order), replayed: true };
  }
  if (outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', NO_ANSWER);
  }
  if (outcome === 'no-effect') {
    throw refusal.error;
  }
  const { ledger } = services;
  const seen = orders.observationOf(order, { source: 'MUTATION', ledger });
  recordSuccess(ledger, intent.id, intent, { seen, result: null });
  return { ...repeated.shownByQuery(order), replayed: true };
}

/**
 * Undefined if the input cannot be encoded; without an encryption key its intent cannot be found.
 */
function encodable<T, O>(write: () => OrderWrite<T, O>): OrderWrite<T, O> | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof WechatError) {
      throw error;
    }
    return undefined;
  }
}

/** For callers that may act for every user (owner null) any owner's intent, except for a create. */
async function findRepeated(
  { ledger }: WriteServices,
  { operation, product, outOrderNo, canonical, owner }: Intended,
  sendBy: number,
): Promise<Intent | undefined> {
  if (semanticsOf(product, operation).repeat === 'send each time') {
    return undefined;
  }
  const input = { operation, product, outOrderNo, canonical };
  const intents = await ledger.intentsWithSameInput(input, sendBy);
  const anyOwner = operation !== 'create' && owner === null;
  return intents.find((intent) => anyOwner || intent.owner === owner);
}

/** @throws if the stored bytes cannot be decrypted: then nothing is known of them */
export function sentBytes({ body }: Intent): Uint8Array {
  if (body === null) {
    throw new Error('Decrypting the stored bytes of a write failed: check DATA_KEY.');
  }
  return body;
}

interface Earlier<O> {
  readonly intent: AcquiredIntent;
  /** On the monotonic clock, ms. */
  readonly deadline: number;
  /** Called with the order that shows the effect. */
  readonly onShown: (order: O) => void;
}

/**
 * The result of an earlier call with the same input, if a query shows its effect: for the writes of
 * which WeChat Pay does not document that they succeed again. Undefined if the write is to be sent.
 * @throws OrderStateError if it cannot take effect any more; OrderOutcomeUnknownError if the query
 *   does not determine it
 */
export async function findEarlierEffect<T, O>(
  { wechat }: WriteServices,
  { orders, intended, shownByQuery }: OrderWrite<T, O>,
  { intent, deadline, onShown }: Earlier<O>,
): Promise<T | undefined> {
  const { product, operation, outOrderNo, appid, serviceId } = intended;
  const { superseded, succeededBefore, prepared } = intent;
  if (semanticsOf(product, operation).repeat !== 'query, then send') {
    return undefined;
  }
  if (superseded) {
    throw new OrderStateError(outOrderNo, null, NO_ANSWER);
  }
  const query = { outOrderNo, appid, serviceId };
  const order = await orders.query(wechat, query, { deadline }).catch((error: unknown) => {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', {
      ...NO_ANSWER,
      cause: error,
    });
  });
  if (order === null) {
    return undefined;
  }
  const { body } = prepared;
  const outcome = orders.outcomeOf(operation, body, order);
  const isLost = orders.isSuperseded(operation, body, order);
  if (isLost || (outcome === 'no-effect' && succeededBefore)) {
    throw new OrderStateError(outOrderNo, orders.stateOf(order), NO_ANSWER);
  }
  if (outcome === 'took-effect' || (outcome === 'undetermined' && succeededBefore)) {
    onShown(order);
    return shownByQuery(order);
  }
  if (outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', NO_ANSWER);
  }
  return undefined;
}

/**
 * Another call sent the same write meanwhile: this one may have been refused because that one took
 * effect. A query decides, and nothing is sent again.
 */
export async function resolveRefusal<T extends object, O>(
  { wechat, ledger }: WriteServices,
  write: OrderWrite<T, O>,
  { id, prepared }: AcquiredIntent,
  { refusal, deadline }: { readonly refusal: WechatError; readonly deadline: number },
): Promise<Replayable<T>> {
  const { orders, intended } = write;
  const { operation, outOrderNo, appid, serviceId } = intended;
  const query = { outOrderNo, appid, serviceId };
  const order = await orders.query(wechat, query, { deadline }).catch(() => undefined);
  const outcome = order && orders.outcomeOf(operation, prepared.body, order);
  if (order === undefined || outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', refusal);
  }
  if (order === null || outcome === 'no-effect') {
    throw refusal;
  }
  const seen = orders.observationOf(order, { source: 'MUTATION', ledger });
  recordSuccess(ledger, id, intended, { seen, result: null });
  return { ...write.shownByQuery(order), replayed: true };
}
