import type { Kysely } from 'kysely';
import { nextIntentCheck } from '../../domain/order-state.ts';
import { OPERATIONS, semanticsOf } from '../../domain/write-semantics.ts';
import type { Tx } from '../database/group-commit.ts';
import type { IntentRow, Tables } from '../database/tables.ts';
import type {
  IntentOutcome,
  IntentStatus,
  Observation,
  Observed,
  Operation,
  WriteResult,
} from '../records.ts';
import { applyObservation } from './apply-observation.ts';
import type { WriteContext } from './context.ts';
import { compiledQuery, DONE, OPEN, type Params } from './rows.ts';

/** The outcome of a write that took effect, and what it shows of the order. */
export interface FinishedIntent {
  readonly id: string;
  /** Null: a query has shown it, and nothing was sent by this call. */
  readonly result: WriteResult | null;
  /** Recorded in the same transaction; null: nothing is known of the order. */
  readonly observation: Observation | null;
}

/** A write of unknown outcome. */
export interface OpenIntent {
  readonly id: string;
  /** Unix ms: when the call sent it. */
  readonly since: number;
  readonly result: WriteResult;
}

/** A write that was refused or not accepted. */
export interface RefusedIntent {
  readonly id: string;
  /** Of the call that acquired it. */
  readonly lease: number;
  readonly result: WriteResult;
}

/**
 * Records that a write took effect. One that took effect late, after its number was given to other
 * input, displaces that other intent, which can no longer take effect.
 */
export async function finishIntent(
  context: WriteContext,
  { id, result, observation, now }: FinishedIntent & { readonly now: number },
): Promise<Observed | null> {
  const { db: tx } = context;
  const done = { id, status: 'done', finished_at: now, check_at: null } as const;
  const finish = () =>
    result === null
      ? settleByQuery(tx, { ...done, outcome: 'took-effect' })
      : settleByCall(tx, { ...done, ...columnsOf(result) });
  if ((await finish()).length === 0 && (await displaceOther(tx, { id }, now))) {
    await finish();
  }
  return observation && (await applyObservation(context, observation, now));
}

/** Records that the outcome of a write is unknown; the reconciler is to resolve it soon. */
export async function keepIntentOpen(
  { db: tx }: WriteContext,
  { id, since, result, now }: OpenIntent & { readonly now: number },
): Promise<void> {
  const check = nextIntentCheck({ since, now }, Math.random());
  const open = { id, status: 'open', finished_at: null, check_at: check } as const;
  // Its last request was sent after the intent was acquired, and what it does can show as much later.
  await keepByCall(tx, { ...open, sent_at: now, ...columnsOf(result) });
}

/**
 * Releases an intent that WeChat Pay refused, unless another call has acquired it since, or has
 * finished it. Returns whether it was released.
 */
export async function releaseRefused(
  { db: tx }: WriteContext,
  { id, lease, result, now }: RefusedIntent & { readonly now: number },
): Promise<boolean> {
  const intent = await tx
    .selectFrom('intents')
    .select(['status', 'lease'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (intent?.status === 'done' || intent?.lease !== lease) {
    return false;
  }
  const refused = { id, status: 'refused', finished_at: now, check_at: null } as const;
  await settleByCall(tx, { ...refused, ...columnsOf(result) });
  return true;
}

const OUTCOME_OF = {
  done: 'took-effect',
  refused: 'refused',
  absent: 'not-found',
} as const satisfies Partial<Record<IntentStatus, IntentOutcome>>;

/** What the reconciler holds. */
interface Held {
  readonly id: string;
  readonly lease: number;
}

/** Within a write: what a query has shown of an intent, unless a call has acquired it since. */
export async function resolveIntent(
  tx: Tx,
  { status, ...held }: Held & { readonly status: Exclude<IntentStatus, 'open'> },
  now: number,
): Promise<void> {
  const outcome = OUTCOME_OF[status];
  const resolved = { ...held, status, finished_at: now, check_at: null, outcome };
  const changed = await settleHeld(tx, resolved);
  if (changed.length === 0 && status === 'done' && (await displaceOther(tx, held, now))) {
    await settleHeld(tx, resolved);
  }
}

/** Within a write: nothing is known yet; the intent is queried again, unless a call has acquired it. */
export async function keepOpen(
  tx: Tx,
  { id, lease, since }: Held & { readonly since: number },
  now: number,
): Promise<void> {
  const check = nextIntentCheck({ since, now }, Math.random());
  await keepHeld(tx, { id, lease, status: 'open', finished_at: null, check_at: check });
}

type Settling = Pick<IntentRow, 'id' | 'status' | 'finished_at' | 'check_at'>;
type CallColumns = Pick<
  IntentRow,
  | ('attempts' | 'outcome' | 'reason' | 'http_status')
  | ('wechat_code' | 'wechat_message' | 'wechat_request_id')
>;

function columnsOf(result: WriteResult): CallColumns {
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

const settleByCall = compiledQuery(
  (db, { attempts, ...settling }: Params<Settling & CallColumns>) =>
    unsettled(db, settling).set(({ eb }) => ({ attempts: eb('attempts', '+', attempts) })),
);

const keepByCall = compiledQuery(
  (db, { attempts, ...settling }: Params<Settling & CallColumns & Pick<IntentRow, 'sent_at'>>) =>
    unsettled(db, settling, ONE_OPEN).set(({ eb }) => ({
      attempts: eb('attempts', '+', attempts),
    })),
);

const settleByQuery = compiledQuery((db, settling: Params<Settling & Pick<IntentRow, 'outcome'>>) =>
  unsettled(db, settling),
);

const settleHeld = compiledQuery(
  (db, { lease, ...settling }: Params<Settling & Pick<IntentRow, 'outcome' | 'lease'>>) =>
    unsettled(db, settling).where('lease', '=', lease),
);

const keepHeld = compiledQuery(
  (db, { lease, ...settling }: Params<Settling & Pick<IntentRow, 'lease'>>) =>
    unsettled(db, settling, ONE_OPEN)
      .set(({ fn, val }) => ({ outcome: fn.coalesce('outcome', val('unknown' as const)) }))
      .where('lease', '=', lease),
);

/** Of every operation one intent at most is open. */
const ONE_OPEN: readonly Operation[] = OPERATIONS;
/** Of these one at most is done, and none is open beside it. */
const ONE_DONE: readonly Operation[] = OPERATIONS.filter(
  (operation) => semanticsOf('SERVICE_ORDER', operation).otherInput === 'conflict',
);

/**
 * An intent of which more can be learnt: an open one, and one that was released while another call
 * was sending it, unless its number has been used again.
 * @param excluding the operations of which another open intent excludes this one
 */
function unsettled(
  db: Kysely<Tables>,
  {
    id,
    ...settling
  }: Params<Settling> & Partial<Params<Omit<CallColumns, 'attempts'> & Pick<IntentRow, 'sent_at'>>>,
  excluding: readonly Operation[] = ONE_DONE,
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
            .where(({ and, eb, or }) =>
              or([
                and([eb('other.status', '=', OPEN), eb('other.operation', 'in', excluding)]),
                and([eb('other.status', '=', DONE), eb('other.operation', 'in', ONE_DONE)]),
              ]),
            ),
        ),
      ),
    )
    .returning('id');
}

/** Refuses the open intent that has the number of this one by now. Returns whether there was one. */
async function displaceOther(
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
    .where('out_refund_no', 'is', null)
    .where('id', '!=', id)
    .where('status', '=', OPEN)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
