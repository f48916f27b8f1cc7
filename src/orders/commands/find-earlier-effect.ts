import { semanticsOf } from '../../domain/write-semantics.ts';
import type { AcquiredIntent } from '../../ledger/jobs/acquire-intent.ts';
import { OrderOutcomeUnknownError, OrderStateError } from '../../wechat/index.ts';
import type { OrderWrite, WriteServices } from './order-write.ts';
import { NO_ANSWER } from './query-before-write.ts';

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
  const { repeated, superseded, succeededBefore, prepared } = intent;
  if (!repeated || semanticsOf(product, operation).repeat !== 'query, then send') {
    return undefined;
  }
  if (superseded) {
    throw new OrderStateError(outOrderNo, null, NO_ANSWER);
  }
  const query = { outOrderNo, appid, serviceId };
  const order = await orders
    .query(wechat, query, { proven: true, deadline })
    .catch((error: unknown) => {
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
