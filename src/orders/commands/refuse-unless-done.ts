import type { Intent } from '../../ledger/records.ts';
import {
  OrderOutcomeUnknownError,
  type PayAfterOrder,
  WechatError,
  WechatRefusedError,
} from '../../wechat/index.ts';
import { PAY_AFTER_ORDERS } from '../products/products.ts';
import { NO_ANSWER, queryBeforeWrite } from './query-before-write.ts';
import {
  type CallDeadline,
  type Intended,
  type OrderWrite,
  type Replayable,
  recordSuccess,
  type WriteServices,
} from './write-order.ts';

/** The result of a check of this server, before anything is sent. */
export interface Refusal {
  readonly error: Error;
  /** The order as queried by the check. */
  readonly order?: PayAfterOrder | undefined;
  /**
   * The order is recorded for another user: no intent of this caller can have created or changed
   * it.
   */
  readonly isForeign?: boolean | undefined;
}

/**
 * Checks run before any request is sent, those of a repeat included, so that a repeat does no more
 * than a first call may. But a write that succeeded must not fail when it is repeated: if an intent
 * of the same owner with the same input exists, a query decides whether it took effect. No write is
 * sent.
 * @param write evaluated only here, because invalid input may have no bytes
 * @throws the error of the refusal; OrderOutcomeUnknownError if the query does not determine it
 */
export async function refuseUnlessDone<T extends object>(
  services: WriteServices,
  write: () => OrderWrite<T>,
  refusal: Refusal,
  { deadline, sendBy }: CallDeadline,
): Promise<Replayable<T>> {
  const { wechat } = services;
  const repeated = refusal.isForeign ? undefined : encodable(write);
  const intent = repeated && (await findRepeated(services, repeated.intended, sendBy));
  if (repeated === undefined || intent === undefined) {
    throw refusal.error;
  }
  const { outOrderNo, appid, serviceId, operation } = repeated.intended;
  const query = { outOrderNo, appid, serviceId };
  const order =
    refusal.order ??
    (await queryBeforeWrite(wechat, query, deadline).catch((error: unknown) => {
      // The refusal of a query does not say anything about the write.
      throw error instanceof WechatRefusedError
        ? new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', error)
        : error;
    }));
  const outcome = order && PAY_AFTER_ORDERS.outcomeOf(operation, sentBytes(intent), order);
  if (outcome === 'undetermined' && intent.status === 'done') {
    // The write succeeded before, and the query does not contradict that.
    return { ...repeated.shownByQuery(), replayed: true };
  }
  if (outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', NO_ANSWER);
  }
  if (order === null || outcome !== 'took-effect') {
    throw refusal.error;
  }
  recordSuccess(services.ledger, intent.id, intent, { seen: order, result: null });
  return { ...repeated.shownByQuery(), replayed: true };
}

/**
 * Undefined if the input cannot be encoded; without an encryption key its intent cannot be found.
 */
function encodable<T>(write: () => OrderWrite<T>): OrderWrite<T> | undefined {
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
