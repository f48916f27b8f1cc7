import type { Kysely } from 'kysely';
import type { Tx } from '../../database/commit.ts';
import { compiledQuery, type Params } from '../../database/compiled-query.ts';
import type { IntentRow, Tables } from '../../database/tables.ts';
import type { WriteResult } from '../../records.ts';
import { EFFECTIVE } from '../find-intent.ts';

type Settling = Pick<IntentRow, 'id' | 'status' | 'finished_at' | 'check_at'>;
type CallColumns = Pick<
  IntentRow,
  | ('attempts' | 'outcome' | 'reason' | 'http_status')
  | ('wechat_code' | 'wechat_message' | 'wechat_request_id')
>;

export function columnsOf(result: WriteResult): CallColumns {
  return {
    attempts: result.attempts,
    outcome: result.outcome,
    reason: result.reason,
    http_status: result.httpStatus,
    wechat_code: result.wechatCode,
    wechat_message: result.wechatMessage,
    wechat_request_id: result.wechatRequestId,
  };
}

export const settleByCall = compiledQuery(
  (db, { attempts, ...settling }: Params<Settling & CallColumns>) =>
    unsettled(db, settling).set(({ eb }) => ({ attempts: eb('attempts', '+', attempts) })),
);

export const settleByQuery = compiledQuery(
  (db, settling: Params<Settling & Pick<IntentRow, 'outcome'>>) => unsettled(db, settling),
);

export const settleHeld = compiledQuery(
  (db, { lease, ...settling }: Params<Settling & Pick<IntentRow, 'outcome' | 'lease'>>) =>
    unsettled(db, settling).where('lease', '=', lease),
);

export const keepHeld = compiledQuery(
  (db, { lease, ...settling }: Params<Settling & Pick<IntentRow, 'lease'>>) =>
    unsettled(db, settling)
      .set(({ fn, val }) => ({ outcome: fn.coalesce('outcome', val('unknown' as const)) }))
      .where('lease', '=', lease),
);

/**
 * An intent of which more can be learnt: an open one, and one that was released while another call
 * was sending it, unless its number has been used again.
 */
function unsettled(
  db: Kysely<Tables>,
  { id, ...settling }: Params<Settling> & Partial<Omit<Params<CallColumns>, 'attempts'>>,
) {
  return db
    .updateTable('intents')
    .set(settling)
    .set(({ eb }) => ({ lease: eb('lease', '+', 1) }))
    .where('id', '=', id)
    .where('status', '!=', 'done')
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('intents as other')
            .select('other.id')
            .whereRef('other.out_order_no', '=', 'intents.out_order_no')
            .whereRef('other.product', '=', 'intents.product')
            .whereRef('other.operation', '=', 'intents.operation')
            .whereRef('other.id', '!=', 'intents.id')
            .where('other.status', 'in', EFFECTIVE),
        ),
      ),
    )
    .returning('id');
}

/** Refuses the open intent that has the number of this one by now. Returns whether there was one. */
export async function displaceOther(
  tx: Tx,
  { id, lease }: Pick<IntentRow, 'id'> & Partial<Pick<IntentRow, 'lease'>>,
  now: number,
): Promise<boolean> {
  const intent = await tx
    .selectFrom('intents')
    .select(['operation', 'product', 'out_order_no', 'status', 'lease'])
    .where('id', '=', id)
    .executeTakeFirst();
  const isHeld = lease !== undefined && intent?.lease !== lease;
  if (intent === undefined || intent.status === 'done' || isHeld) {
    return false;
  }
  const { numUpdatedRows } = await tx
    .updateTable('intents')
    .set(({ eb }) => ({
      status: 'refused',
      lease: eb('lease', '+', 1),
      finished_at: now,
      check_at: null,
      outcome: 'refused',
      reason: 'NUMBER_USED',
    }))
    .where('out_order_no', '=', intent.out_order_no)
    .where('product', '=', intent.product)
    .where('operation', '=', intent.operation)
    .where('id', '!=', id)
    .where('status', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
