import type { Ledger } from '../../ledger/ledger.ts';
import type { NotificationOutcome } from '../../ledger/records.ts';
import type { Notification } from '../../wechat/index.ts';
import { observationOf } from '../state/observation.ts';

export interface Merchant {
  readonly mchid: string;
}

/**
 * Stores a verified notification: inbox, order and event in one durable write. When it resolves,
 * the notification may be acknowledged; a duplicate changes nothing. A notification that
 * contradicts the ledger is stored as suspicious and not applied (`domain/pay-after-state.ts`).
 */
export async function handleNotification(
  ledger: Ledger,
  { mchid }: Merchant,
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
  if (outcome === 'suspicious') {
    log.warn(
      { notification: id, eventType, reason },
      'webhook contradicts the ledger, not applied',
    );
  }
  return outcome;
}
