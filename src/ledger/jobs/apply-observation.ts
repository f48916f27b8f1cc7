import {
  type Advance,
  advance,
  contradictedField,
  isOtherOrder,
  nextOrderCheck,
  type OrderProduct,
  type StateMachine,
  totalChange,
} from '../../domain/order-state.ts';
import { PAY_AFTER_STATES } from '../../domain/pay-after-state-machine.ts';
import { SERVICE_ORDER_STATES } from '../../domain/service-order-state-machine.ts';
import type { Tx } from '../database/group-commit.ts';
import type { OrderRow } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Observation, Observed, OrderKey } from '../records.ts';
import type { WriteContext } from './context.ts';
import { appendEvent, lastKnownStatus } from './event-log.ts';
import { compiledQuery, type Params, sealLocation } from './rows.ts';

export const STATE_MACHINES: Readonly<Record<OrderProduct, StateMachine>> = {
  PAY_AFTER: PAY_AFTER_STATES,
  SERVICE_ORDER: SERVICE_ORDER_STATES,
};

/**
 * The one way in for every observation, of whichever product. Moves the order's status forward and
 * appends an event for that, and one for a lower total; what contradicts the record is not applied.
 * @param now Unix ms
 */
export async function applyObservation(
  context: WriteContext,
  seen: Observation,
  now: number,
): Promise<Observed> {
  const { product, outOrderNo } = seen;
  const [order] = await ordersOf(context.db, { product, outOrderNo });
  return order === undefined
    ? await recordNewOrder(context, seen, now)
    : await updateOrder(context, order, seen, now);
}

async function recordNewOrder(
  { db: tx, encryption }: WriteContext,
  seen: Observation,
  now: number,
): Promise<Observed> {
  const { product, outOrderNo, status } = seen;
  const creates = await createsOf(tx, { product, outOrderNo });
  if (creates.length > 0 && creates.every((create) => isOtherOrder(idsOf(create), seen))) {
    return { outcome: 'suspicious', reason: 'appid or service_id' };
  }
  const merged = mergedDetails(null, seen, encryption);
  const details = { ...merged, owner: merged.owner ?? userIfUnclaimed(seen, creates) };
  const words = wordsOf(seen);
  const { owner } = details;
  const found = { ...words, status, previous_status: null, owner };
  const eventId = await appendEvent(tx, { ...found, type: 'STATUS_CHANGED' }, seen, now);
  await insertOrderRow(tx, {
    ...details,
    ...words,
    product,
    out_order_no: outOrderNo,
    appid: seen.appid,
    service_id: seen.serviceId,
    status,
    created_at: now,
    status_since: now,
    observed_at: now,
    conflict_at: null,
    last_event_id: eventId,
    check_at: nextOrderCheck(STATE_MACHINES[product], { status, since: now, now }, Math.random()),
  });
  await recordPayments(tx, seen, now);
  return { outcome: 'applied' };
}

async function updateOrder(
  { db: tx, encryption }: WriteContext,
  order: OrderRow,
  seen: Observation,
  now: number,
): Promise<Observed> {
  const machine = STATE_MACHINES[order.product];
  const { step, total } = await compare(tx, machine, order, seen);
  const contradiction =
    contradictedField({ ...idsOf(order), riskAmount: order.risk_amount }, seen) ??
    (total === 'contradicts' ? 'total_amount' : undefined) ??
    (step === 'suspicious' ? `state from ${order.state_raw} to ${seen.stateRaw}` : undefined);
  if (contradiction !== undefined) {
    await changeOrder(tx, order, { conflict_at: now });
    return { outcome: 'suspicious', reason: contradiction };
  }
  const details = await knownDetails(tx, order, seen, mergedDetails(order, seen, encryption));
  const words = wordsAfter(order, seen, step);
  const lowered = total === 'lowered' ? { total_amount: seen.totalAmount ?? null } : {};
  const found = { ...details, ...words, ...lowered };
  await recordPayments(tx, seen, now);
  const isForward = step === 'forward';
  if (!isForward && total !== 'lowered') {
    await fillIn(tx, order, found);
    return { outcome: 'nothing-new' };
  }
  const { owner } = details;
  const before = { previous_status: order.status, owner };
  let eventId = order.last_event_id;
  if (total === 'lowered') {
    const unchanged = isForward ? wordsOfRow(order) : words;
    const modified = { ...before, ...unchanged, status: order.status };
    eventId = await appendEvent(tx, { ...modified, type: 'AMOUNT_MODIFIED' }, seen, now);
  }
  if (isForward) {
    const changed = { ...before, ...words, status: seen.status };
    eventId = await appendEvent(tx, { ...changed, type: 'STATUS_CHANGED' }, seen, now);
  }
  const { status, since } = isForward
    ? { status: seen.status, since: now }
    : { status: order.status, since: order.status_since };
  await changeOrder(tx, order, {
    ...found,
    status,
    status_since: since,
    observed_at: now,
    last_event_id: eventId,
    check_at: nextOrderCheck(machine, { status, since, now }, Math.random()),
  });
  await giveEventsOwner(tx, order, owner);
  return { outcome: 'applied' };
}

async function compare(tx: Tx, machine: StateMachine, order: OrderRow, seen: Observation) {
  const { product, status, state_raw: stateRaw, state_description_raw: description } = order;
  const recorded = { status, stateRaw, stateDescriptionRaw: description };
  const lastKnown =
    status === 'UNKNOWN' ? await lastKnownStatus(tx, product, order.out_order_no) : status;
  const step = advance(machine, recorded, seen, lastKnown);
  const total = totalChange(
    machine,
    { status, totalAmount: order.total_amount },
    { totalAmount: seen.totalAmount ?? null, advance: step },
  );
  return { step, total };
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
    .select(['appid', 'service_id', 'owner'])
    .where('out_order_no', '=', outOrderNo)
    .where('product', '=', product)
    .where('operation', '=', 'create')
    .where('status', '!=', 'refused'),
);

function idsOf({ appid, service_id: serviceId }: Pick<OrderRow, 'appid' | 'service_id'>) {
  return { appid, serviceId };
}

/** The user that the order shows, unless the create of an order of another user may have made it. */
function userIfUnclaimed(
  { user }: Observation,
  creates: readonly { readonly owner: string | null }[],
): string | null {
  return creates.some(({ owner }) => owner !== null) ? null : (user ?? null);
}

type Words = Pick<OrderRow, 'state_raw' | 'state_description_raw' | 'collection_state_raw'>;

function wordsOf(seen: Observation): Words {
  return {
    state_raw: seen.stateRaw,
    state_description_raw: seen.stateDescriptionRaw,
    collection_state_raw: seen.collectionStateRaw ?? null,
  };
}

function wordsOfRow({ state_raw, state_description_raw, collection_state_raw }: OrderRow): Words {
  return { state_raw, state_description_raw, collection_state_raw };
}

/**
 * WeChat Pay's values after an observation. Different values of one status fill in what was missing:
 * a description belongs to a state that is not the last one.
 */
function wordsAfter(order: OrderRow, seen: Observation, step: Advance): Words {
  const recorded = wordsOfRow(order);
  const shown = wordsOf(seen);
  if (step === 'forward') {
    return shown;
  }
  const isEarlier = recorded.state_description_raw === null && shown.state_description_raw !== null;
  return step === 'same' && !isEarlier
    ? {
        ...shown,
        collection_state_raw: shown.collection_state_raw ?? recorded.collection_state_raw,
      }
    : recorded;
}

/** What an order has once, whichever observation shows it first; a paid amount may grow. */
type Details = Pick<
  OrderRow,
  | ('owner' | 'service_introduction' | 'risk_amount' | 'total_amount' | 'paid_amount')
  | ('planned_start_time' | 'planned_end_time')
  | ('planned_start_location' | 'planned_end_location')
>;

/** A notification may come before the answer to the write that made the order: the rest comes later. */
function mergedDetails(order: OrderRow | null, seen: Observation, encryption: Encryption): Details {
  const { planned } = seen;
  const paid = Math.max(order?.paid_amount ?? -1, seen.paidAmount ?? -1);
  const location = (known: string | null | undefined, shown: string | null | undefined) =>
    known ?? sealLocation(shown ?? null, encryption);
  return {
    owner: order?.owner ?? seen.owner ?? null,
    service_introduction: order?.service_introduction ?? seen.serviceIntroduction ?? null,
    risk_amount: order?.risk_amount ?? seen.riskAmount ?? null,
    total_amount: order?.total_amount ?? seen.totalAmount ?? null,
    paid_amount: paid < 0 ? null : paid,
    planned_start_time: order?.planned_start_time ?? planned?.startTime ?? null,
    planned_end_time: order?.planned_end_time ?? planned?.endTime ?? null,
    planned_start_location: location(order?.planned_start_location, planned?.startLocation),
    planned_end_location: location(order?.planned_end_location, planned?.endLocation),
  };
}

/** With the user as owner if the order has none. */
async function knownDetails(
  tx: Tx,
  { product, out_order_no: outOrderNo }: OrderRow,
  seen: Observation,
  details: Details,
): Promise<Details> {
  if (details.owner !== null || !seen.user) {
    return details;
  }
  const creates = await createsOf(tx, { product, outOrderNo });
  return { ...details, owner: userIfUnclaimed(seen, creates) };
}

const insertOrderRow = compiledQuery((db, row: Params<OrderRow>) =>
  db.insertInto('orders').values(row),
);

async function changeOrder(tx: Tx, order: OrderRow, changes: Partial<OrderRow>) {
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

async function fillIn(tx: Tx, order: OrderRow, found: Details & Words) {
  if (Object.entries(found).some(([name, value]) => Reflect.get(order, name) !== value)) {
    await changeOrder(tx, order, found);
    await giveEventsOwner(tx, order, found.owner);
  }
}

/** The events that were recorded before the owner was known: all have the owner of their order. */
async function giveEventsOwner(tx: Tx, order: OrderRow, owner: string | null) {
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
