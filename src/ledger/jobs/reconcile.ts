import { nextOrderCheck, type OrderProduct, type OrderStatus } from '../../domain/order-state.ts';
import type { OrderRow } from '../database/tables.ts';
import type { Intent, IntentStatus, Observation, Observed, OrderRecord } from '../records.ts';
import { applyObservation, STATE_MACHINES } from './apply-observation.ts';
import type { ReadContext, WriteContext } from './context.ts';
import { keepOpen, resolveIntent } from './finish-intent.ts';
import { intent, OPEN, orderRecord } from './rows.ts';

/** How many writes to WeChat Pay are under way or have an unknown outcome; found by an index. */
export async function countOpenIntents({ db }: ReadContext): Promise<number> {
  const { open } = await db
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('check_at', 'is not', null)
    .where('status', '=', OPEN)
    .executeTakeFirstOrThrow();
  return Number(open);
}

/** What the reconciler has claimed: no other instance gets the same rows until the lease ends. */
export interface Due {
  readonly intents: readonly Intent[];
  readonly orders: readonly OrderRecord[];
}

/** What a query of the reconciler has shown of an intent. */
export interface ReconciledIntent {
  readonly intent: Omit<Intent, 'body'>;
  readonly status: IntentStatus;
  readonly observation: Observation | null;
}

/** What a query of the reconciler has shown of an order. */
export interface ReconciledOrder {
  readonly order: OrderRecord;
  readonly observation: Observation | null;
}

/** Whether anything is due: a claim is a write, and needs a lock. */
export async function isAnyDue(
  { db }: ReadContext,
  { now }: { readonly now: number },
): Promise<boolean> {
  const any = await db
    .selectFrom('orders')
    .select('out_order_no as id')
    .where('check_at', '<=', now)
    .unionAll(db.selectFrom('intents').select('id').where('check_at', '<=', now))
    .limit(1)
    .executeTakeFirst();
  return any !== undefined;
}

/** For how long, in ms, the row that has waited longest has been due; 0 if none is. */
export async function reconcilerLag(
  { db }: ReadContext,
  { now }: { readonly now: number },
): Promise<number> {
  const longest = await db
    .selectFrom('orders')
    .select(({ fn }) => fn.min('check_at').as('since'))
    .unionAll(db.selectFrom('intents').select(({ fn }) => fn.min('check_at').as('since')))
    .execute();
  return Math.max(0, ...longest.map(({ since }) => now - (since ?? now)));
}

/**
 * Claims rows that are due, at most so many in all. Orders and intents get half of the places each if
 * both need them, and so do the products.
 */
export async function claimDue(
  { db: tx, encryption }: WriteContext,
  { now, holdMs, limit }: { readonly now: number; readonly holdMs: number; readonly limit: number },
): Promise<Due> {
  const dueIntents = await longestAndLatest((order, size) =>
    tx
      .selectFrom('intents')
      .select(['id', 'product', 'owner', 'check_at'])
      .where('check_at', '<=', now)
      .orderBy('check_at', order)
      .limit(size)
      .execute(),
  );
  const dueOrders = await longestAndLatest((order, size) =>
    tx
      .selectFrom('orders')
      .selectAll()
      .where('check_at', '<=', now)
      .orderBy('check_at', order)
      .limit(size)
      .execute(),
  );
  const forIntents = Math.max(Math.ceil(limit / 2), limit - dueOrders.length);
  const ids = chooseFairly(dueIntents, forIntents).map(({ id }) => id);
  const orders = chooseFairly(dueOrders, limit - ids.length, awaitsWebhook);
  const intents =
    ids.length === 0
      ? []
      : await tx.selectFrom('intents').selectAll().where('id', 'in', ids).execute();
  const held = { check_at: now + holdMs };
  for (const { id, lease } of intents) {
    const claimed = { ...held, lease: lease + 1 };
    await tx.updateTable('intents').set(claimed).where('id', '=', id).execute();
  }
  for (const { product, out_order_no: number } of orders) {
    await tx
      .updateTable('orders')
      .set(held)
      .where('product', '=', product)
      .where('out_order_no', '=', number)
      .execute();
  }
  return {
    intents: intents.map((row) => intent({ ...row, lease: row.lease + 1 }, encryption)),
    orders: orders.map(orderRecord),
  };
}

/** Rows that a claim chooses among, from each end: it must not cost more the more are due. */
const WINDOW = 500;

/**
 * The rows that have been due longest, and those that became due last: however many of one owner
 * wait, a row of another is among them when it becomes due.
 */
async function longestAndLatest<Row extends { readonly check_at: number | null }>(
  read: (order: 'asc' | 'desc', size: number) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const longest = await read('asc', WINDOW);
  if (longest.length < WINDOW) {
    return longest;
  }
  const last = longest.at(-1)?.check_at ?? 0;
  const latest = await read('desc', WINDOW);
  return [...longest, ...latest.filter(({ check_at: at }) => (at ?? 0) > last)];
}

interface OwnedRow {
  readonly product: OrderProduct;
  readonly owner: string | null;
  readonly check_at: number | null;
}

/**
 * Whether the next change of an order comes from the user or from WeChat Pay: a lost webhook would
 * hide it. One that is accepted waits for the merchant, who completes it.
 */
function awaitsWebhook({ status }: Pick<OrderRow, 'status'>): boolean {
  return status === 'CREATED' || status === 'COMPLETED';
}

/**
 * The products get equal shares of the places, as far as they need them; within each the owners take
 * turns.
 * @param isUrgent rows that come first in the second half of a share
 */
function chooseFairly<Row extends OwnedRow>(
  due: readonly Row[],
  limit: number,
  isUrgent: (row: Row) => boolean = () => false,
): readonly Row[] {
  const groups = [...Map.groupBy(due, ({ product }) => product).values()].toSorted(
    (one, other) => one.length - other.length,
  );
  let left = limit;
  return groups.flatMap((rows, index) => {
    const share = Math.ceil(left / (groups.length - index));
    const chosen = chooseOfOwners(rows, share, isUrgent);
    left -= chosen.length;
    return chosen;
  });
}

/**
 * Owners take turns, and a row without an owner counts as one of its own. Half of the places go to
 * the owners that have waited longest, half to those with the fewest rows due: neither one owner with
 * many rows, nor many owners with some each, keep a row of another waiting.
 */
function chooseOfOwners<Row extends OwnedRow>(
  due: readonly Row[],
  limit: number,
  isUrgent: (row: Row) => boolean,
): readonly Row[] {
  if (due.length <= limit) {
    return due;
  }
  const byTime = due.toSorted((one, other) => (one.check_at ?? 0) - (other.check_at ?? 0));
  const queues = Map.groupBy(byTime, (row) => row.owner ?? row);
  const turns = [...queues.values()].flatMap((rows) =>
    rows.map((row, turn) => ({
      row,
      turn,
      size: rows.length,
      since: row.check_at ?? 0,
      urgency: isUrgent(row) ? 0 : 1,
    })),
  );
  const longest = turns
    .toSorted((one, other) => one.turn - other.turn || one.since - other.since)
    .slice(0, Math.ceil(limit / 2));
  const rest = turns
    .filter((turn) => !longest.includes(turn))
    .toSorted(
      (one, other) =>
        one.urgency - other.urgency ||
        one.turn - other.turn ||
        one.size - other.size ||
        one.since - other.since,
    );
  return [...longest, ...rest].slice(0, limit).map(({ row }) => row);
}

/** Nothing changes the intent if a call has acquired it since it was claimed. */
export async function finishIntentReconciliation(
  context: WriteContext,
  { intent: claimed, status, observation, now }: ReconciledIntent & { readonly now: number },
): Promise<Observed | null> {
  const { db: tx } = context;
  const { id, sentAt: since, lease } = claimed;
  if (status === 'open') {
    await keepOpen(tx, { id, since, lease }, now);
  } else {
    await resolveIntent(tx, { id, lease, status }, now);
  }
  return observation && (await applyObservation(context, observation, now));
}

/** The query of an intent failed: it is queried again later. */
export async function postponeIntent(
  { db: tx }: WriteContext,
  { id, sentAt, lease, now }: PostponedIntent & { readonly now: number },
): Promise<void> {
  await keepOpen(tx, { id, since: sentAt, lease }, now);
}

export type PostponedIntent = Pick<Intent, 'id' | 'sentAt' | 'lease'>;

export async function finishOrderReconciliation(
  context: WriteContext,
  { order, observation, now }: ReconciledOrder & { readonly now: number },
): Promise<Observed | null> {
  const { db: tx } = context;
  const observed = observation && (await applyObservation(context, observation, now));
  if (observed?.outcome === 'applied') {
    return observed;
  }
  const { product, outOrderNo, status, statusSince: since } = order;
  const check = nextOrderCheck(STATE_MACHINES[product], { status, since, now }, Math.random());
  await tx
    .updateTable('orders')
    .set({ observed_at: now, check_at: check })
    .where('product', '=', product)
    .where('out_order_no', '=', outOrderNo)
    .where('status', '=', status)
    .execute();
  return observed;
}

/**
 * The query of an order failed, which says nothing about the order: the next queries come at growing
 * intervals, and end no earlier than those of an order of which no state is known.
 */
export async function postponeOrder(
  { db: tx }: WriteContext,
  { product, outOrderNo, status, statusSince, now }: PostponedOrder & { readonly now: number },
): Promise<void> {
  const machine = STATE_MACHINES[product];
  const after = (of: OrderStatus) =>
    nextOrderCheck(machine, { status: of, since: statusSince, now }, Math.random());
  const check = after('UNKNOWN') ?? after(status);
  await tx
    .updateTable('orders')
    .set({ check_at: check })
    .where('product', '=', product)
    .where('out_order_no', '=', outOrderNo)
    .where('status', '=', status)
    .execute();
}

export type PostponedOrder = Pick<OrderRecord, 'product' | 'outOrderNo' | 'status' | 'statusSince'>;
