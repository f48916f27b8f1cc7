import type { Tx } from '../../ledger/database/group-commit.ts';
import type { NotificationOutcome } from '../../ledger/database/tables.ts';
import { type Ledger, record } from '../../ledger/ledger.ts';
import { observationOf } from '../../ledger/observation.ts';
import { recordObservation } from '../../ledger/record-observation.ts';
import type { Notification } from '../../wechat/index.ts';

export interface Merchant {
  readonly mchid: string;
}

interface Conclusion {
  readonly outcome: NotificationOutcome;
  readonly reason: string | null;
}

const PAYLOAD = 'notification payload';

/**
 * Takes a verified notification in: inbox, order and event in one durable write. When it resolves the
 * notification may be acknowledged; a repeat changes nothing. What contradicts what is known is kept as
 * suspicious and not applied.
 */
export async function handleNotification(
  ledger: Ledger,
  { mchid }: Merchant,
  notification: Notification,
): Promise<NotificationOutcome> {
  const { encryption, now, log } = ledger;
  const payload = encryption.encrypt(notification.payload, PAYLOAD);
  const { outcome, reason } = await record(ledger, async (tx) => {
    const known = await tx
      .selectFrom('notices')
      .select(['outcome', 'reason'])
      .where('id', '=', notification.id)
      .executeTakeFirst();
    if (known !== undefined) {
      return known;
    }
    const conclusion = await conclude(tx, notification, mchid, now());
    await tx
      .insertInto('notices')
      .values({
        id: notification.id,
        event_type: notification.eventType,
        out_order_no: notification.order?.outOrderNo ?? null,
        ...conclusion,
        payload,
        received_at: now(),
      })
      .execute();
    return conclusion;
  });
  if (notification.order === null && notification.service === null) {
    const { id, eventType } = notification;
    log.warn(
      { notification: id, eventType },
      'a notification holds nothing that is known here; it is kept',
    );
  }
  if (outcome === 'suspicious') {
    log.warn(
      { notification: notification.id, eventType: notification.eventType, reason },
      'a notification contradicts the record; it was not applied',
    );
  }
  return outcome;
}

async function conclude(
  tx: Tx,
  notification: Notification,
  mchid: string,
  now: number,
): Promise<Conclusion> {
  const about = notification.order ?? notification.service;
  if (about !== null && about.mchid !== mchid) {
    return { outcome: 'suspicious', reason: 'mchid' };
  }
  if (notification.order === null) {
    return { outcome: 'kept', reason: null };
  }
  const observed = await recordObservation(
    tx,
    observationOf(notification.order, 'NOTIFICATION', now),
    now,
  );
  return {
    outcome: observed.outcome,
    reason: observed.outcome === 'suspicious' ? observed.reason : null,
  };
}
