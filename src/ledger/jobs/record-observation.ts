import { advance, readState } from '../../domain/pay-after-state.ts';
import { nextOrderCheck } from '../../domain/schedule.ts';
import type { Tx } from '../database/commit.ts';
import { compiledQuery, type Params } from '../database/compiled-query.ts';
import type { EventRow, OrderRow } from '../database/tables.ts';
import type { Observation, Observed } from '../observation.ts';
import { lastKnownState } from './event-log.ts';

const NOTHING_NEW: Observed = { outcome: 'nothing-new' };

/**
 * The one way in for every observation. Moves the order's state forward and appends at most one
 * event; what contradicts the record is not applied.
 * @param now Unix ms
 */
export async function recordObservation(tx: Tx, seen: Observation, now: number): Promise<Observed> {
  const { outOrderNo } = seen;
  const [order] = await ordersOf(tx, { outOrderNo });
  if (order === undefined) {
    const intents = await createsOf(tx, { outOrderNo });
    if (intents.length > 0 && intents.every((intent) => contradictsIds(intent, seen))) {
      return { outcome: 'suspicious', reason: 'appid or service_id' };
    }
    await insertOrder(tx, seen, await appendEvent(tx, seen, null, now), now);
    return { outcome: 'applied' };
  }
  const contradiction = contradicts(order, seen);
  if (contradiction !== undefined) {
    return { outcome: 'suspicious', reason: contradiction };
  }
  const recorded = { state: order.state, raw: order.state_raw };
  const lastKnown = order.state === 'UNKNOWN' ? await lastKnownState(tx, outOrderNo) : order.state;
  switch (advance(recorded, readState(seen.state), lastKnown)) {
    case 'forward':
      await moveOrder(tx, order, seen, await appendEvent(tx, seen, order, now), now);
      return { outcome: 'applied' };
    case 'suspicious':
      return { outcome: 'suspicious', reason: `state from ${order.state_raw} to ${seen.state}` };
    default:
      await fillIn(tx, order, seen);
      return NOTHING_NEW;
  }
}

type Numbered = Params<Pick<Observation, 'outOrderNo'>>;

const ordersOf = compiledQuery((db, { outOrderNo }: Numbered) =>
  db.selectFrom('orders').selectAll().where('out_order_no', '=', outOrderNo),
);

/** There may be several: one that was not found at WeChat frees its number for another input. */
const createsOf = compiledQuery((db, { outOrderNo }: Numbered) =>
  db
    .selectFrom('intents')
    .select(['appid', 'service_id'])
    .where('out_order_no', '=', outOrderNo)
    .where('operation', '=', 'create')
    .where('status', '!=', 'refused'),
);

function contradictsIds(known: Pick<OrderRow, 'appid' | 'service_id'>, seen: Observation): boolean {
  return known.appid !== seen.appid || known.service_id !== seen.serviceId;
}

/** A notification may come before the answer to the write that made the order: the rest comes later. */
async function fillIn(tx: Tx, order: OrderRow, seen: Observation) {
  const owner = order.owner ?? seen.owner ?? null;
  const risk = order.risk_amount ?? seen.riskAmount ?? null;
  const total = order.total_amount ?? seen.totalAmount ?? null;
  if (owner !== order.owner || risk !== order.risk_amount || total !== order.total_amount) {
    await tx
      .updateTable('orders')
      .set({ owner, risk_amount: risk, total_amount: total })
      .where('out_order_no', '=', order.out_order_no)
      .execute();
  }
}

function contradicts(order: OrderRow, seen: Observation): string | undefined {
  const pairs = {
    appid: [order.appid, seen.appid],
    service_id: [order.service_id, seen.serviceId],
    risk_amount: [order.risk_amount, seen.riskAmount ?? null],
    total_amount: [order.total_amount, seen.totalAmount ?? null],
  };
  return Object.entries(pairs).find(
    ([, [known, now]]) => known !== null && now !== null && known !== now,
  )?.[0];
}

async function appendEvent(
  tx: Tx,
  seen: Observation,
  order: OrderRow | null,
  now: number,
): Promise<number | null> {
  const { state, raw } = readState(seen.state);
  const [event] = await insertEvent(tx, {
    out_order_no: seen.outOrderNo,
    state,
    state_raw: raw,
    previous_state: order?.state ?? null,
    source: seen.source,
    occurred_at: seen.occurredAt,
    received_at: now,
  });
  return event?.id ?? null;
}

/** Writers come one after the other, so that the next cursor is the highest one and 1. */
const insertEvent = compiledQuery((db, event: Params<Omit<EventRow, 'id'>>) =>
  db
    .insertInto('events')
    .values(({ selectFrom }) => ({
      ...event,
      id: selectFrom('events').select(({ eb, fn, lit }) =>
        eb(fn.coalesce(fn.max('id'), lit(0)), '+', lit(1)).as('next'),
      ),
    }))
    .returning('id'),
);

async function insertOrder(tx: Tx, seen: Observation, eventId: number | null, now: number) {
  const { state, raw } = readState(seen.state);
  await insertOrderRow(tx, {
    out_order_no: seen.outOrderNo,
    appid: seen.appid,
    service_id: seen.serviceId,
    state,
    state_raw: raw,
    owner: seen.owner ?? null,
    risk_amount: seen.riskAmount ?? null,
    total_amount: seen.totalAmount ?? null,
    created_at: now,
    state_since: now,
    observed_at: now,
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
  eventId: number | null,
  now: number,
) {
  const { state, raw } = readState(seen.state);
  await tx
    .updateTable('orders')
    .set({
      state,
      state_raw: raw,
      owner: order.owner ?? seen.owner ?? null,
      risk_amount: order.risk_amount ?? seen.riskAmount ?? null,
      total_amount: order.total_amount ?? seen.totalAmount ?? null,
      state_since: now,
      observed_at: now,
      last_event_id: eventId,
      check_at: nextOrderCheck({ state, since: now, now }, Math.random()),
    })
    .where('out_order_no', '=', order.out_order_no)
    .execute();
}
