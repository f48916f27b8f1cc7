import { statusOf } from '../../../domain/order-status.ts';
import { readState } from '../../../domain/pay-after-state.ts';
import { nextOrderCheck } from '../../../domain/schedule.ts';
import type { Tx } from '../../database/commit.ts';
import { compiledQuery, type Params } from '../../database/compiled-query.ts';
import type { OrderRow } from '../../database/tables.ts';
import type { Encryption } from '../../encryption.ts';
import type { Observation } from '../../observation.ts';
import { sealLocation } from '../rows.ts';

/** What an order has once, whichever observation shows it first. */
export type Details = Pick<
  OrderRow,
  | ('owner' | 'service_introduction' | 'risk_amount' | 'total_amount' | 'paid_amount')
  | ('planned_start_time' | 'planned_end_time')
  | ('planned_start_location' | 'planned_end_location')
>;

/** A notification may come before the answer to the write that made the order: the rest comes later. */
export function mergedDetails(
  order: OrderRow | null,
  seen: Observation,
  encryption: Encryption,
): Details {
  const { planned } = seen;
  const location = (known: string | null | undefined, shown: string | null | undefined) =>
    known ?? sealLocation(shown ?? null, encryption);
  return {
    owner: order?.owner ?? seen.owner ?? null,
    service_introduction: order?.service_introduction ?? seen.serviceIntroduction ?? null,
    risk_amount: order?.risk_amount ?? seen.riskAmount ?? null,
    total_amount: order?.total_amount ?? seen.totalAmount ?? null,
    paid_amount: order?.paid_amount ?? seen.paidAmount ?? null,
    planned_start_time: order?.planned_start_time ?? planned?.startTime ?? null,
    planned_end_time: order?.planned_end_time ?? planned?.endTime ?? null,
    planned_start_location: location(order?.planned_start_location, planned?.startLocation),
    planned_end_location: location(order?.planned_end_location, planned?.endLocation),
  };
}

interface Change {
  readonly details: Details;
  readonly eventId: number | null;
  readonly now: number;
}

export async function insertOrder(tx: Tx, seen: Observation, { details, eventId, now }: Change) {
  const { state, raw } = readState(seen.state);
  await insertOrderRow(tx, {
    ...details,
    product: seen.product,
    out_order_no: seen.outOrderNo,
    appid: seen.appid,
    service_id: seen.serviceId,
    status: statusOf(state),
    state_raw: raw,
    state_description_raw: null,
    collection_state_raw: null,
    created_at: now,
    status_since: now,
    observed_at: now,
    conflict_at: null,
    last_event_id: eventId,
    check_at: nextOrderCheck({ state, since: now, now }, Math.random()),
  });
}

const insertOrderRow = compiledQuery((db, row: Params<OrderRow>) =>
  db.insertInto('orders').values(row),
);

export async function moveOrder(
  tx: Tx,
  order: OrderRow,
  seen: Observation,
  { details, eventId, now }: Change,
) {
  const { state, raw } = readState(seen.state);
  await updateOrder(tx, order, {
    ...details,
    status: statusOf(state),
    state_raw: raw,
    status_since: now,
    observed_at: now,
    last_event_id: eventId,
    check_at: nextOrderCheck({ state, since: now, now }, Math.random()),
  });
  await giveEventsOwner(tx, order, details);
}

export async function updateOrder(tx: Tx, order: OrderRow, changes: Partial<OrderRow>) {
  await tx
    .updateTable('orders')
    .set(changes)
    .where('product', '=', order.product)
    .where('out_order_no', '=', order.out_order_no)
    .execute();
}

/** A refund and its notifications name the payment only. */
export async function recordPayments(
  tx: Tx,
  { product, outOrderNo, payments }: Observation,
  now: number,
) {
  for (const { transactionId, amount } of payments ?? []) {
    await tx
      .insertInto('payments')
      .values({
        transaction_id: transactionId,
        product,
        out_order_no: outOrderNo,
        amount,
        recorded_at: now,
      })
      .onConflict((conflict) => conflict.column('transaction_id').doNothing())
      .execute();
  }
}

export async function fillIn(tx: Tx, order: OrderRow, details: Details) {
  if (Object.entries(details).some(([name, value]) => Reflect.get(order, name) !== value)) {
    await updateOrder(tx, order, details);
    await giveEventsOwner(tx, order, details);
  }
}

/** The events that were recorded before the owner was known: all have the owner of their order. */
async function giveEventsOwner(tx: Tx, order: OrderRow, { owner }: Details) {
  if (order.owner === null && owner !== null) {
    await tx
      .updateTable('events')
      .set({ owner })
      .where('product', '=', order.product)
      .where('out_order_no', '=', order.out_order_no)
      .where('owner', 'is', null)
      .execute();
  }
}
