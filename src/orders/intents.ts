import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { OrderConflictError, type PreparedWrite } from '../wechat/index.ts';
import { STANDING } from './settle-intent.ts';
import type { Store } from './store/open.ts';
import { type Places, statement } from './store/statement.ts';
import type { IntentRow, Operation, Tables } from './store/tables.ts';
import type { Tx } from './store/writer.ts';
import type { Vault } from './vault.ts';

/** What is about to be written to WeChat, for whom. */
export interface Intended {
  readonly operation: Operation;
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  /** The canonical wire object before encryption. */
  readonly canonical: string;
  /** Keyed hash of the user's openid, where it is known. */
  readonly owner: string | null;
  /** Makes the bytes; called only where the intent does not stand yet. */
  readonly prepare: () => PreparedWrite | Promise<PreparedWrite>;
}

/** An intent that is on the disk. */
export interface Standing {
  readonly id: string;
  /** The bytes to send: those of the first time. */
  readonly prepared: PreparedWrite;
  /** It was sent before, so that a refusal proves nothing. */
  readonly repeated: boolean;
  /** What its `check_at` is while nobody else takes it up. */
  readonly until: number | null;
}

/** A live call settles its own intent; the reconciler comes only after this, unless told otherwise. */
export const HOLD_MS = 60_000;
const BODY = 'intent body';

/**
 * Puts an intent on the disk before anything is sent. The same operation with the same input stands
 * already: its bytes are given back, to be sent again. With another input it is a conflict.
 * @param holdMs how long the reconciler keeps its hands off
 * @throws OrderConflictError
 */
export async function stand(
  { db, write }: Pick<Store, 'db' | 'write'>,
  vault: Vault,
  intended: Intended,
  clock: () => number,
  holdMs: number = HOLD_MS,
): Promise<Standing> {
  const digest = vault.hash(intended.canonical, `digest of ${intended.operation}`);
  const known = await find(db, intended, digest);
  const fresh = known ? undefined : await prepared(db, intended, digest);
  const stood = await write(async (tx) => {
    const now = clock();
    const standing = await find(tx, intended, digest);
    if (standing !== undefined) {
      if (standing.digest !== digest || standing.owner !== intended.owner) {
        return 'another';
      }
      return repeat(standing, vault, await takeUp(tx, standing, now, holdMs));
    }
    if (fresh === undefined) {
      return undefined;
    }
    // By time: in an index, new ones stand side by side, and fewer pages are written.
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
      body: vault.seal(fresh.body, BODY),
      platform_serial: fresh.platformSerial,
      owner,
      status: 'open',
      created_at: now,
      sent_at: now,
      settled_at: null,
      check_at: now + holdMs,
    });
    return { id, prepared: fresh, repeated: false, until: now + holdMs };
  });
  if (stood === 'another') {
    const noAnswer = { status: null, code: null, requestId: null };
    throw new OrderConflictError(intended.outOrderNo, noAnswer);
  }
  // It stood a moment ago, and was released since: now it is new.
  return stood ?? (await stand({ db, write }, vault, intended, clock, holdMs));
}

const insertIntent = statement((db, row: Places<IntentRow>) =>
  db.insertInto('intents').values(row),
);

const intentsOf = statement(
  (db, { outOrderNo, operation }: Places<Pick<Intended, 'outOrderNo' | 'operation'>>) =>
    db
      .selectFrom('intents')
      .selectAll()
      .where('out_order_no', '=', outOrderNo)
      .where('operation', '=', operation)
      .where('status', '!=', 'refused')
      .orderBy('created_at', 'desc'),
);

/** Undefined where it stands by now: what another call has done to the order is no failure of this one. */
async function prepared(
  db: Kysely<Tables>,
  intended: Intended,
  digest: string,
): Promise<PreparedWrite | undefined> {
  try {
    return await intended.prepare();
  } catch (error) {
    if (await find(db, intended, digest)) {
      return undefined;
    }
    throw error;
  }
}

/** While a call sends it again, the reconciler keeps its hands off. One that is done stays so. */
async function takeUp(
  tx: Tx,
  { id, status, check_at: lease }: IntentRow,
  now: number,
  holdMs: number,
): Promise<number | null> {
  if (status === 'done') {
    return lease;
  }
  // Never what it is: a lease of the same millisecond would still hold.
  const until = Math.max(now + holdMs, (lease ?? 0) + 1);
  await tx
    .updateTable('intents')
    .set({ status: 'open', settled_at: null, sent_at: now, check_at: until })
    .where('id', '=', id)
    .execute();
  return until;
}

/** The bytes of an intent as they were sent. */
export function intentBody(intent: Pick<IntentRow, 'body'>, vault: Vault): Buffer {
  return vault.open(intent.body, BODY);
}

/** The one that keeps the number; else one with this input that could not be found at WeChat. */
async function find(
  db: Kysely<Tables>,
  { operation, outOrderNo, owner }: Intended,
  digest: string,
): Promise<IntentRow | undefined> {
  const intents = await intentsOf(db, { outOrderNo, operation });
  const isAbsent = (intent: IntentRow) =>
    intent.status === 'absent' && intent.digest === digest && intent.owner === owner;
  return intents.find(({ status }) => STANDING.includes(status)) ?? intents.find(isAbsent);
}

function repeat(standing: IntentRow, vault: Vault, until: number | null): Standing {
  const prepared = {
    target: standing.target,
    body: intentBody(standing, vault),
    platformSerial: standing.platform_serial,
  };
  return { id: standing.id, prepared, repeated: true, until };
}
