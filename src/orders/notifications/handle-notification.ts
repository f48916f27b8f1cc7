import type { Ledger } from '../../ledger/ledger.ts';
import type { NotificationOutcome, Observation } from '../../ledger/records.ts';
import type { Notification } from '../../wechat/index.ts';
import { PAY_AFTER_ORDERS, SERVICE_ORDERS } from '../products/products.ts';

export interface Receiver {
  /** The merchant number. */
  readonly mchid: string;
  /** Counts lines of one kind; if omitted, each is logged. */
  readonly counted?: Readonly<
    Record<'warn', (fields: { readonly why: string; readonly word: string }, msg: string) => void>
  >;
}

/** Characters of a state in the log. */
const LONGEST_WORD = 64;

/**
 * Stores a verified notification: inbox, order and event in one durable write. When it resolves,
 * the notification may be acknowledged; a duplicate changes nothing. A notification that
 * contradicts the ledger is stored as suspicious and not applied (`domain/order-state.ts`).
 */
export async function handleNotification(
  ledger: Ledger,
  { mchid, counted }: Receiver,
  notification: Notification,
): Promise<NotificationOutcome> {
  const { log } = ledger;
  const { id, eventType, payload, order, serviceOrder, service } = notification;
  const about = order ?? serviceOrder ?? service;
  const sighting = { source: 'NOTIFICATION', ledger } as const;
  const observation = order
    ? PAY_AFTER_ORDERS.observationOf(order, sighting)
    : serviceOrder && SERVICE_ORDERS.observationOf(serviceOrder, sighting);
  const { outcome, reason } = await ledger.saveNotification({
    id,
    eventType,
    payload,
    product: observation?.product ?? null,
    outOrderNo: observation?.outOrderNo ?? null,
    contradiction: about !== null && about.mchid !== mchid ? 'mchid' : null,
    observation,
  });
  if (service !== null && observation === null) {
    log.info({ notification: id, eventType }, 'webhook about the service of a user, stored only');
  }
  if (about === null) {
    log.warn({ notification: id, eventType }, 'webhook of an unknown kind, stored only');
  }
  if (observation?.status === 'UNKNOWN') {
    const word = wordsOf(observation).slice(0, LONGEST_WORD);
    (counted ?? log).warn({ why: 'state', word }, 'unknown enum value from WeChat Pay');
  }
  if (outcome === 'suspicious') {
    const { product, outOrderNo } = observation ?? {};
    log.warn(
      { product, outOrderNo, notification: id, eventType, reason },
      'webhook contradicts the ledger, not applied',
    );
  }
  return outcome;
}

/** The values of a state; a description decides only with its state. */
function wordsOf({ stateRaw, stateDescriptionRaw }: Observation): string {
  return stateDescriptionRaw === null ? stateRaw : `${stateRaw}/${stateDescriptionRaw}`;
}
