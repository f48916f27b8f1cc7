import type { Kysely } from 'kysely';
import { nextIntentCheck } from './schedule.ts';
import { type Places, statement } from './store/statement.ts';
import type { IntentRow, IntentStatus, Tables } from './store/tables.ts';
import type { Tx } from './store/writer.ts';

/** Those that keep their number. */
export const STANDING: readonly IntentStatus[] = ['open', 'done'];

/**
 * Within a write: what became of an intent.
 * @param lease of the reconciler: nothing is settled where a call has taken the intent up since
 */
export async function settleIntent(
  tx: Tx,
  id: string,
  status: IntentStatus,
  now: number,
  lease?: number,
) {
  await settle(tx, { id, status, settled_at: now, check_at: null }, lease);
}

/**
 * Within a write: WeChat refused it to the call that took it up until then. The intent is released,
 * unless another call has taken it up since, or has had it done.
 * @returns whether it was released
 */
export async function releaseIntent(
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
 * Within a write: nobody knows what became of it; the reconciler is to find out soon.
 * @param lease as for `settleIntent`
 */
export async function leaveOpen(
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

function settle(tx: Tx, settling: Settling, lease: number | undefined) {
  return lease === undefined
    ? settleUnsettled(tx, settling)
    : settleLeased(tx, { ...settling, lease });
}

const settleUnsettled = statement((db, settling: Places<Settling>) => unsettled(db, settling));

const settleLeased = statement(
  (db, { lease, ...settling }: Places<Settling & { readonly lease: number }>) =>
    unsettled(db, settling).where('check_at', '=', lease),
);

/**
 * An intent of which more can be learnt: an open one, and one that was released while another call
 * was sending it, unless its number has been used again.
 */
function unsettled(db: Kysely<Tables>, { id, ...settling }: Places<Settling>) {
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
    );
}
