import { randomUUID } from 'node:crypto';
import { OrderConflictError, type PreparedWrite } from '../wechat/index.ts';
import { compiledQuery, type Params } from './database/compiled-query.ts';
import type { Tx } from './database/group-commit.ts';
import type { IntentRow } from './database/tables.ts';
import type { Encryption } from './encryption.ts';
import { digestOf, findIntent, type Intended, intentBody, sealBody } from './find-intent.ts';
import { releaseIntent } from './finish-intent.ts';
import type { Ledger } from './ledger.ts';
import { beforeSending, LedgerUnavailableError } from './ledger-deadline.ts';

/** A durable intent that this call may send. */
export interface AcquiredIntent {
  readonly id: string;
  /** The bytes to send: those of the first time. */
  readonly prepared: PreparedWrite;
  /** It was sent before, so that a refusal proves nothing. */
  readonly repeated: boolean;
  /** An earlier call with this input has succeeded. */
  readonly succeededBefore: boolean;
  /** Its `check_at` until another call acquires it. */
  readonly until: number | null;
}

type LedgerParts = Pick<Ledger, 'store' | 'encryption' | 'now' | 'holdMs' | 'log'>;

/** A live call finishes its own intent; the reconciler comes only after this, unless told otherwise. */
export const HOLD_MS = 60_000;

/**
 * Makes an intent durable before anything is sent. The same operation with the same input has one
 * already: its bytes are returned, to be sent again. With other input it is a conflict.
 * @param sendBy on the monotonic clock, ms: an intent that is not durable by then is not sent
 * @throws OrderConflictError, LedgerUnavailableError
 */
export async function acquireIntent(
  ledger: LedgerParts,
  intended: Intended,
  sendBy: number = Number.POSITIVE_INFINITY,
): Promise<AcquiredIntent> {
  const { store, encryption, now } = ledger;
  const digest = digestOf(encryption, intended);
  const known = await beforeSending(ledger, sendBy, findIntent(store.db, intended, digest));
  const fresh = known ? undefined : await prepareUnlessKnown(ledger, intended, digest, sendBy);
  const write = store.write((tx) => acquire(tx, ledger, intended, { digest, fresh, sendBy }));
  const acquired = await beforeSending(ledger, sendBy, write, (late) => {
    if (typeof late === 'object' && !late.repeated) {
      void store.write((tx) => releaseIntent(tx, late, now()), 'deferred').catch(() => {});
    }
  });
  if (acquired === 'conflict') {
    const noAnswer = { status: null, code: null, requestId: null };
    throw new OrderConflictError(intended.outOrderNo, noAnswer);
  }
  // The one that was found was released meanwhile: now this is a new one.
  return acquired ?? (await acquireIntent(ledger, intended, sendBy));
}

interface Acquiring {
  readonly digest: string;
  readonly fresh: PreparedWrite | undefined;
  readonly sendBy: number;
}

/** Within a write. Undefined: neither is there an intent any more, nor are there bytes for a new one. */
async function acquire(
  tx: Tx,
  { encryption, now: clock, holdMs }: LedgerParts,
  intended: Intended,
  { digest, fresh, sendBy }: Acquiring,
): Promise<AcquiredIntent | 'conflict' | undefined> {
  if (performance.now() > sendBy) {
    throw new LedgerUnavailableError();
  }
  const now = clock();
  const known = await findIntent(tx, intended, digest);
  if (known !== undefined) {
    if (known.digest !== digest || !maySend(known, intended)) {
      return 'conflict';
    }
    return repeat(known, encryption, await renew(tx, known, intended, now + holdMs, now));
  }
  if (fresh === undefined) {
    return undefined;
  }
  // Ordered by time, so that new rows share pages of the index and fewer are written.
  const id = `${now.toString(36)}-${randomUUID()}`;
  const { operation, outOrderNo, appid, serviceId, owner } = intended;
  await insertIntent(tx, {
    id,
    operation,
    out_order_no: outOrderNo,
    appid,
    service_id: serviceId,
    digest,
    target: fresh.target,
    body: sealBody(fresh.body, encryption),
    platform_serial: fresh.platformSerial,
    owner,
    status: 'open',
    created_at: now,
    sent_at: now,
    settled_at: null,
    check_at: now + holdMs,
  });
  const until = now + holdMs;
  return { id, prepared: fresh, repeated: false, succeededBefore: false, until };
}

/** A create decides whose the order is. Others are checked against the order by every caller. */
function maySend({ owner }: IntentRow, intended: Intended): boolean {
  return intended.operation !== 'create' || owner === intended.owner;
}

const insertIntent = compiledQuery((db, row: Params<IntentRow>) =>
  db.insertInto('intents').values(row),
);

/** Undefined if there is an intent by now: what another call did to the order is no failure of this one. */
async function prepareUnlessKnown(
  ledger: LedgerParts,
  intended: Intended,
  digest: string,
  sendBy: number,
): Promise<PreparedWrite | undefined> {
  try {
    return await intended.prepare();
  } catch (error) {
    const { db } = ledger.store;
    if (await beforeSending(ledger, sendBy, findIntent(db, intended, digest))) {
      return undefined;
    }
    throw error;
  }
}

/**
 * While a call sends it again, the reconciler leaves it alone. One that is done stays so. A shopper
 * who sends what the shop had sent becomes its owner, to be known by a later repeat.
 */
async function renew(
  tx: Tx,
  { id, status, owner, check_at: lease }: IntentRow,
  intended: Intended,
  heldUntil: number,
  now: number,
): Promise<number | null> {
  if (status === 'done') {
    return lease;
  }
  // Never the same as before: a lease of the same millisecond would still be valid.
  const until = Math.max(heldUntil, (lease ?? 0) + 1);
  await tx
    .updateTable('intents')
    .set({
      status: 'open',
      settled_at: null,
      sent_at: now,
      check_at: until,
      owner: owner ?? intended.owner,
    })
    .where('id', '=', id)
    .execute();
  return until;
}

function repeat(
  { id, target, platform_serial: platformSerial, body, status }: IntentRow,
  encryption: Encryption,
  until: number | null,
): AcquiredIntent {
  const prepared = { target, platformSerial, body: intentBody({ body }, encryption) };
  return { id, prepared, repeated: true, succeededBefore: status === 'done', until };
}
