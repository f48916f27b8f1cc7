import type { OrderProduct } from '../../domain/order-state.ts';
import type { NotificationOutcome, Observation } from '../records.ts';
import { applyObservation } from './apply-observation.ts';
import type { WriteContext } from './context.ts';

/** A verified and decrypted notification. */
export interface ReceivedNotification {
  readonly id: string;
  readonly eventType: string;
  /** Null if it is not about an order. */
  readonly product: OrderProduct | null;
  readonly outOrderNo: string | null;
  /** The decrypted payload; stored sealed. */
  readonly payload: string;
  /** Why it must not be applied, found before the ledger was asked. */
  readonly contradiction: string | null;
  /** What it shows of an order; null: it is only kept. */
  readonly observation: Observation | null;
}

export interface NotificationConclusion {
  readonly outcome: NotificationOutcome;
  readonly reason: string | null;
}

const PAYLOAD = 'notification payload';

/** Inbox, order and event in one transaction; a duplicate changes nothing. */
export async function saveNotification(
  context: WriteContext,
  { now, ...notification }: ReceivedNotification & { readonly now: number },
): Promise<NotificationConclusion> {
  const { db: tx, encryption } = context;
  const known = await tx
    .selectFrom('notifications')
    .select(['outcome', 'reason'])
    .where('id', '=', notification.id)
    .executeTakeFirst();
  if (known !== undefined) {
    return known;
  }
  const conclusion = await conclude(context, notification, now);
  await tx
    .insertInto('notifications')
    .values({
      id: notification.id,
      event_type: notification.eventType,
      product: notification.product,
      out_order_no: notification.outOrderNo,
      out_refund_no: null,
      ...conclusion,
      payload: encryption.encrypt(notification.payload, PAYLOAD),
      received_at: now,
    })
    .execute();
  return conclusion;
}

async function conclude(
  context: WriteContext,
  { contradiction, observation }: ReceivedNotification,
  now: number,
): Promise<NotificationConclusion> {
  if (contradiction !== null) {
    return { outcome: 'suspicious', reason: contradiction };
  }
  if (observation === null) {
    return { outcome: 'kept', reason: null };
  }
  const observed = await applyObservation(context, observation, now);
  const reason = observed.outcome === 'suspicious' ? observed.reason : null;
  return { outcome: observed.outcome, reason };
}
