import { nextOrderCheck } from '../../domain/schedule.ts';
import type { Observation, Observed } from '../observation.ts';
import type { Intent, IntentStatus, OrderRecord } from '../records.ts';
import type { ReadContext, WriteContext } from './context.ts';
import { keepOpen, settleIntent } from './finish-intent.ts';
import { recordObservation } from './record-observation.ts';
import { intent, orderRecord } from './rows.ts';

/** How many writes to WeChat Pay are under way or have an unknown outcome; found by an index. */
export async function countOpenIntents({ db }: ReadContext): Promise<number> {
  const { open } = await db
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('check_at', 'is not', null)
    .where('status', '=', 'open')
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

export async function claimDue(
  { db: tx, encryption }: WriteContext,
  { now, holdMs, limit }: { readonly now: number; readonly holdMs: number; readonly limit: number },
): Promise<Due> {
  const intents = await tx
    .selectFrom('intents')
    .selectAll()
    .where('check_at', '<=', now)
    .orderBy('check_at')
    .limit(limit)
    .execute();
  const orders = await tx
    .selectFrom('orders')
    .selectAll()
    .where('check_at', '<=', now)
    .orderBy('check_at')
    .limit(limit - intents.length)
    .execute();
  const lease = { check_at: now + holdMs };
  for (const { id } of intents) {
    await tx.updateTable('intents').set(lease).where('id', '=', id).execute();
  }
  for (const { out_order_no: number } of orders) {
    await tx.updateTable('orders').set(lease).where('out_order_no', '=', number).execute();
  }
  return {
    intents: intents.map((row) => intent({ ...row, ...lease }, encryption)),
    orders: orders.map(orderRecord),
  };
}

/** Nothing changes the intent if a call has acquired it since it was claimed. */
export async function finishIntentReconciliation(
  { db: tx }: WriteContext,
  { intent: claimed, status, observation, now }: ReconciledIntent & { readonly now: number },
): Promise<Observed | null> {
  const { id, sentAt: since } = claimed;
  const lease = claimed.checkAt ?? 0;
  if (status === 'open') {
    await keepOpen(tx, { id, since }, now, lease);
  } else {
    await settleIntent(tx, id, status, now, lease);
  }
  return observation && (await recordObservation(tx, observation, now));
}

/** The query of an intent failed: it is queried again later. */
export async function postponeIntent(
  { db: tx }: WriteContext,
  { id, sentAt, checkAt, now }: PostponedIntent & { readonly now: number },
): Promise<void> {
  await keepOpen(tx, { id, since: sentAt }, now, checkAt ?? 0);
}

export type PostponedIntent = Pick<Intent, 'id' | 'sentAt' | 'checkAt'>;

export async function finishOrderReconciliation(
  { db: tx }: WriteContext,
  { order, observation, now }: ReconciledOrder & { readonly now: number },
): Promise<Observed | null> {
  const observed = observation && (await recordObservation(tx, observation, now));
  if (observed?.outcome === 'applied') {
    return observed;
  }
  const { outOrderNo, state, stateSince: since } = order;
  await tx
    .updateTable('orders')
    .set({ observed_at: now, check_at: nextOrderCheck({ state, since, now }, Math.random()) })
    .where('out_order_no', '=', outOrderNo)
    .where('state', '=', state)
    .execute();
  return observed;
}

/**
 * The query of an order failed, which says nothing about the order: the next queries come at growing
 * intervals, and do not end as early as those of one that was seen to be CREATED.
 */
export async function postponeOrder(
  { db: tx }: WriteContext,
  { outOrderNo, state, stateSince, now }: PostponedOrder & { readonly now: number },
): Promise<void> {
  const check = nextOrderCheck({ state: 'UNKNOWN', since: stateSince, now }, Math.random());
  await tx
    .updateTable('orders')
    .set({ check_at: check })
    .where('out_order_no', '=', outOrderNo)
    .where('state', '=', state)
    .execute();
}

export type PostponedOrder = Pick<OrderRecord, 'outOrderNo' | 'state' | 'stateSince'>;
