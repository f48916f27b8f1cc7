import type { Kysely } from 'kysely';
import { nextIntentCheck } from '../../domain/schedule.ts';
import type { Tx } from '../database/commit.ts';
import { compiledQuery, type Params } from '../database/compiled-query.ts';
import type { IntentRow, Tables } from '../database/tables.ts';
import type { Observation, Observed } from '../observation.ts';
import type { IntentStatus } from '../records.ts';
import type { WriteContext } from './context.ts';
import { STANDING } from './find-intent.ts';
import { recordObservation } from './record-observation.ts';

/** The outcome of a write, and what it shows of the order. */
export interface FinishedIntent {
  readonly id: string;
  /** Recorded in the same transaction; null: nothing is known of the order. */
  readonly observation: Observation | null;
}

/** Records that a write took effect. */
export async function finishIntent(
  { db: tx }: WriteContext,
  { id, observation, now }: FinishedIntent & { readonly now: number },
): Promise<Observed | null> {
  await settleIntent(tx, id, 'done', now);
  return observation && (await recordObservation(tx, observation, now));
}

/** Records that the outcome of a write is unknown. */
export async function keepIntentOpen(
  { db: tx }: WriteContext,
  { id, since, now }: { readonly id: string; readonly since: number; readonly now: number },
): Promise<void> {
  await keepOpen(tx, { id, since }, now);
}

/** Releases an intent that WeChat Pay refused. Returns whether it was released. */
export async function releaseRefused(
  { db: tx }: WriteContext,
  { now, ...held }: { readonly id: string; readonly until: number | null; readonly now: number },
): Promise<boolean> {
  return await releaseIntent(tx, held, now);
}

/**
 * Within a write: the outcome of an intent. One that took effect late, after its number was given to
 * other input, displaces that other intent, which can no longer take effect.
 * @param lease of the reconciler: nothing changes if a call has acquired the intent since
 */
export async function settleIntent(
  tx: Tx,
  id: string,
  status: IntentStatus,
  now: number,
  lease?: number,
): Promise<void> {
  const settling = { id, status, settled_at: now, check_at: null };
  const changed = await settle(tx, settling, lease);
  if (!changed && status === 'done' && (await displaceOther(tx, id, now, lease))) {
    await settle(tx, settling, lease);
  }
}

/** Refuses the open intent that has the number of this one by now. Returns whether there was one. */
async function displaceOther(tx: Tx, id: string, now: number, lease?: number): Promise<boolean> {
  const intent = await tx
    .selectFrom('intents')
    .select(['operation', 'out_order_no', 'status', 'check_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  const isHeld = lease !== undefined && intent?.check_at !== lease;
  if (intent === undefined || intent.status === 'done' || isHeld) {
    return false;
  }
  const { numUpdatedRows } = await tx
    .updateTable('intents')
    .set({ status: 'refused', settled_at: now, check_at: null })
    .where('out_order_no', '=', intent.out_order_no)
    .where('operation', '=', intent.operation)
    .where('id', '!=', id)
    .where('status', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Within a write: WeChat refused it to the call that took it up until then. The intent is released,
 * unless another call has taken it up since, or has had it done.
 * @returns whether it was released
 */
async function releaseIntent(
  tx: Tx,
  { id, until }: { readonly id: string; readonly until: number | null },
  now: number,
): Promise<boolean> {
  const intent = await tx
    .selectFrom('intents')
    .select(['status', 'check_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (intent?.status === 'done' || intent?.check_at !== until) {
    return false;
  }
  await settleIntent(tx, id, 'refused', now);
  return true;
}

/**
 * Within a write: the outcome is unknown; the reconciler is to find out soon.
 * @param lease as for `settleIntent`
 */
export async function keepOpen(
  tx: Tx,
  { id, since }: { id: string; since: number },
  now: number,
  lease?: number,
) {
  const check = nextIntentCheck({ since, now }, Math.random());
  await settle(tx, { id, status: 'open', settled_at: null, check_at: check }, lease);
}

/** What became of an intent. */
type Settling = Pick<IntentRow, 'id' | 'status' | 'settled_at' | 'check_at'>;

/** Returns whether it changed anything. */
async function settle(tx: Tx, settling: Settling, lease: number | undefined): Promise<boolean> {
  const rows =
    lease === undefined
      ? await settleUnsettled(tx, settling)
      : await settleLeased(tx, { ...settling, lease });
  return rows.length > 0;
}

const settleUnsettled = compiledQuery((db, settling: Params<Settling>) => unsettled(db, settling));

const settleLeased = compiledQuery(
  (db, { lease, ...settling }: Params<Settling & { readonly lease: number }>) =>
    unsettled(db, settling).where('check_at', '=', lease),
);

/**
 * An intent of which more can be learnt: an open one, and one that was released while another call
 * was sending it, unless its number has been used again.
 */
function unsettled(db: Kysely<Tables>, { id, ...settling }: Params<Settling>) {
  return db
    .updateTable('intents')
    .set(settling)
    .where('id', '=', id)
    .where('status', '!=', 'done')
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('intents as other')
            .select('other.id')
            .whereRef('other.out_order_no', '=', 'intents.out_order_no')
            .whereRef('other.operation', '=', 'intents.operation')
            .whereRef('other.id', '!=', 'intents.id')
            .where('other.status', 'in', STANDING),
        ),
      ),
    )
    .returning('id');
}
