import { nextIntentCheck } from '../../domain/schedule.ts';
import type { Tx } from '../database/commit.ts';
import type { Observation, Observed } from '../observation.ts';
import type { IntentOutcome, IntentStatus, WriteResult } from '../records.ts';
import type { WriteContext } from './context.ts';
import { recordObservation } from './record-observation.ts';
import {
  columnsOf,
  displaceOther,
  keepHeld,
  settleByCall,
  settleByQuery,
  settleHeld,
} from './statements/update-intent.ts';

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
  return observation && (await recordObservation(context, observation, now));
}

/** Records that the outcome of a write is unknown; the reconciler is to resolve it soon. */
export async function keepIntentOpen(
  { db: tx }: WriteContext,
  { id, since, result, now }: OpenIntent & { readonly now: number },
): Promise<void> {
  const check = nextIntentCheck({ since, now }, Math.random());
  const open = { id, status: 'open', finished_at: null, check_at: check } as const;
  await settleByCall(tx, { ...open, ...columnsOf(result) });
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
