import { type OrderStatus, payAfterStateOf, statusOf } from '../../domain/order-status.ts';
import {
  advance,
  contradictedField,
  isOtherOrder,
  nextOrderCheck,
  readState,
} from '../../domain/pay-after-state.ts';
import type { Tx } from '../database/group-commit.ts';
import type { EventRow, OrderRow } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Observation, Observed } from '../observation.ts';
import type { OrderKey } from '../records.ts';
import type { WriteContext } from './context.ts';
import { lastKnownStatus } from './event-log.ts';
import { compiledQuery, type Params, sealLocation } from './rows.ts';

const NOTHING_NEW: Observed = { outcome: 'nothing-new' };

/**
 * The one way in for every observation. Moves the order's status forward and appends at most one
 * event; what contradicts the record is not applied.
 * @param now Unix ms
 */
export async function applyObservation(
  context: WriteContext,
  seen: Observation,
  now: number,
): Promise<Observed> {
  const { db: tx, encryption } = context;
  const { product, outOrderNo } = seen;
  const [order] = await ordersOf(tx, { product, outOrderNo });
  if (order === undefined) {
    const intents = await createsOf(tx, { product, outOrderNo });
    if (intents.length > 0 && intents.every((intent) => isOtherOrder(idsOf(intent), seen))) {
      return { outcome: 'suspicious', reason: 'appid or service_id' };
    }
    const details = mergedDetails(null, seen, encryption);
    const eventId = await appendEvent(tx, seen, { ...details, status: null }, now);
    await insertOrder(tx, seen, { details, eventId, now });
    await recordPayments(tx, seen, now);
    return { outcome: 'applied' };
  }
  const field = contradictedField(recordedOf(order), seen);
  if (field !== undefined) {
    return await keepConflict(tx, order, field, now);
  }
  const recorded = { state: payAfterStateOf(order.status), raw: order.state_raw };
  const lastKnown =
    order.status === 'UNKNOWN'
      ? await lastKnownStatus(tx, order.product, outOrderNo)
      : order.status;
  switch (advance(recorded, readState(seen.state), payAfterStateOf(lastKnown))) {
    case 'forward': {
      const details = mergedDetails(order, seen, encryption);
      const eventId = await appendEvent(tx, seen, { ...details, status: order.status }, now);
      await moveOrder(tx, order, seen, { details, eventId, now });
      await recordPayments(tx, seen, now);
      return { outcome: 'applied' };
    }
    case 'suspicious':
      return await keepConflict(tx, order, `state from ${order.state_raw} to ${seen.state}`, now);
    default:
      await fillIn(tx, order, mergedDetails(order, seen, encryption));
      await recordPayments(tx, seen, now);
      return NOTHING_NEW;
  }
}

const ordersOf = compiledQuery((db, { product, outOrderNo }: Params<OrderKey>) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('product', '=', product)
    .where('out_order_no', '=', outOrderNo),
);

/** There may be several: one that was not found at WeChat Pay frees its number for another input. */
const createsOf = compiledQuery((db, { product, outOrderNo }: Params<OrderKey>) =>
  db
    .selectFrom('intents')
    .select(['appid', 'service_id'])
    .where('out_order_no', '=', outOrderNo)
    .where('product', '=', product)
    .where('operation', '=', 'create')
    .where('status', '!=', 'refused'),
);

function idsOf({ appid, service_id: serviceId }: Pick<OrderRow, 'appid' | 'service_id'>) {
  return { appid, serviceId };
}

function recordedOf(order: OrderRow) {
  return {
    ...idsOf(order),
    riskAmount: order.risk_amount,
    totalAmount: order.total_amount,
  };
}

async function keepConflict(
  tx: Tx,
  order: OrderRow,
  reason: string,
  now: number,
): Promise<Observed> {
  await updateOrder(tx, order, { conflict_at: now });
  return { outcome: 'suspicious', reason };
}

async function appendEvent(
  tx: Tx,
  seen: Observation,
  { owner, status }: Pick<Details, 'owner'> & { readonly status: OrderStatus | null },
  now: number,
): Promise<number | null> {
  const { state, raw } = readState(seen.state);
  const [event] = await insertEvent(tx, {
    type: 'STATUS_CHANGED',
    product: seen.product,
    out_order_no: seen.outOrderNo,
    out_refund_no: null,
    status: statusOf(state),
    previous_status: status,
    state_raw: raw,
    state_description_raw: null,
    collection_state_raw: null,
    source: seen.source,
    owner,
    occurred_at: seen.occurredAt,
    received_at: now,
  });
  return event?.id ?? null;
}

/**
 * Writers come one after the other, so that the next cursor is the highest one and 1, and at least the
 * time: if the newest events are lost, by a restored backup or a failover, no later event gets the
 * cursor of one of them.
 */
const insertEvent = compiledQuery((db, event: Params<Omit<EventRow, 'id'>>) =>
  db
    .insertInto('events')
    .values(({ selectFrom }) => ({
      ...event,
      id: selectFrom('events').select(({ eb, fn, lit }) => {
        const last = fn.coalesce(fn.max('id'), lit(0));
        return eb
          .case()
          .when(last, '<', event.received_at)
          .then(event.received_at)
          .else(eb(last, '+', lit(1)))
          .end()
          .as('next');
      }),
    }))
    .returning('id'),
);

/** What an order has once, whichever observation shows it first. */
type Details = Pick<
  OrderRow,
  | ('owner' | 'service_introduction' | 'risk_amount' | 'total_amount' | 'paid_amount')
  | ('planned_start_time' | 'planned_end_time')
  | ('planned_start_location' | 'planned_end_location')
>;

/** A notification may come before the answer to the write that made the order: the rest comes later. */
function mergedDetails(order: OrderRow | null, seen: Observation, encryption: Encryption): Details {
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

async function insertOrder(tx: Tx, seen: Observation, { details, eventId, now }: Change) {
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

async function moveOrder(
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

async function updateOrder(tx: Tx, order: OrderRow, changes: Partial<OrderRow>) {
  await tx
    .updateTable('orders')
    .set(changes)
    .where('product', '=', order.product)
    .where('out_order_no', '=', order.out_order_no)
    .execute();
}

/** A refund and its notifications name the payment only. */
async function recordPayments(tx: Tx, { product, outOrderNo, payments }: Observation, now: number) {
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

async function fillIn(tx: Tx, order: OrderRow, details: Details) {
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
