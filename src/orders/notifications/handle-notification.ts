import { readState } from '../../domain/pay-after-state.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { NotificationOutcome } from '../../ledger/records.ts';
import type { Notification } from '../../wechat/index.ts';
import { observationOf } from '../state/observation.ts';

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
 * contradicts the ledger is stored as suspicious and not applied (`domain/pay-after-state.ts`).
 */
export async function handleNotification(
  ledger: Ledger,
  { mchid, counted }: Receiver,
  notification: Notification,
): Promise<NotificationOutcome> {
  const { now, log } = ledger;
  const { id, eventType, payload, order, serviceOrder, service } = notification;
  const about = order ?? serviceOrder ?? service;
  const { outcome, reason } = await ledger.saveNotification({
    id,
    eventType,
    payload,
    product: order ? 'PAY_AFTER' : serviceOrder && 'SERVICE_ORDER',
    outOrderNo: (order ?? serviceOrder)?.outOrderNo ?? null,
    contradiction: about !== null && about.mchid !== mchid ? 'mchid' : null,
    observation: order && observationOf(order, 'NOTIFICATION', now()),
  });
  if (order === null && service === null) {
    const product = serviceOrder ? 'SERVICE_ORDER' : undefined;
    log.warn({ notification: id, eventType, product }, 'webhook of an unknown kind, stored only');
  }
  if (order !== null && readState(order.state).state === 'UNKNOWN') {
    const word = order.state.slice(0, LONGEST_WORD);
    (counted ?? log).warn({ why: 'state', word }, 'unknown enum value from WeChat Pay');
  }
  if (outcome === 'suspicious') {
    log.warn(
      { notification: id, eventType, reason },
      'webhook contradicts the ledger, not applied',
    );
  }
  return outcome;
}
