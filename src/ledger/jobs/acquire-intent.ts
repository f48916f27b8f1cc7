import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { semanticsOf } from '../../domain/write-semantics.ts';
import type { Tx } from '../database/group-commit.ts';
import type { IntentRow, Tables } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Intent, IntentStatus, Operation, OrderKey } from '../records.ts';
import type { ReadContext, WriteContext } from './context.ts';
import { compiledQuery, intent, intentBody, type Params, sealBody } from './rows.ts';

/**
 * Idempotency: the order number and the operation are the key. The same input is a repeat, and sends
 * the same bytes; other input is a conflict. A create also decides whose the order is.
 */
function isRepeat(
  known: Pick<IntentRow, 'digest' | 'owner'>,
  input: Omit<OwnedIntentKey, 'canonical'>,
  digest: string,
): boolean {
  const { compared } = semanticsOf(input.product, input.operation);
  const isSameOwner = compared !== 'input and owner' || known.owner === input.owner;
  return known.digest === digest && isSameOwner;
}

/** The statuses in which an intent keeps its number. */
export const EFFECTIVE: readonly IntentStatus[] = ['open', 'done'];

/** What determines whether two writes have the same input. */
export interface IntentKey extends OrderKey {
  readonly operation: Operation;
  /** The canonical wire object before encryption. */
  readonly canonical: string;
}

export interface OwnedIntentKey extends IntentKey {
  /**
   * Keyed hash of an openid: for a create the user of the order, if known; for other writes the end
   * user that calls, null for callers that may act for every user. Never a credential, so that a
   * repeat works after a key rotation.
   */
  readonly owner: string | null;
}

/** Equal inputs have equal digests. */
function digestOf(
  encryption: Encryption,
  { canonical, operation }: Pick<IntentKey, 'canonical' | 'operation'>,
): string {
  return encryption.hash(canonical, `digest of ${operation}`);
}

const intentsOf = compiledQuery(
  (db, { product, outOrderNo, operation }: Params<Omit<IntentKey, 'canonical'>>) =>
    db
      .selectFrom('intents')
      .selectAll()
      .where('out_order_no', '=', outOrderNo)
      .where('product', '=', product)
      .where('operation', '=', operation)
      .where('status', '!=', 'refused')
      .orderBy('created_at', 'desc'),
);

/** An intent that decides about a call, and whether a later one of its operation has replaced it. */
interface FoundIntent {
  readonly row: IntentRow;
  readonly superseded: boolean;
}

/**
 * The intent that keeps the number; otherwise one with this input that succeeded, or that WeChat Pay
 * did not find.
 */
async function findIntent(
  db: Kysely<Tables>,
  key: Omit<OwnedIntentKey, 'canonical'>,
  digest: string,
): Promise<FoundIntent | undefined> {
  const { operation, product, outOrderNo } = key;
  const { otherInput, repeat: onRepeat } = semanticsOf(product, operation);
  const intents = await intentsOf(db, { product, outOrderNo, operation });
  const keepsNumber = ({ status }: IntentRow) =>
    otherInput === 'conflict' ? EFFECTIVE.includes(status) : status === 'open';
  const isEarlier = (row: IntentRow) => isRepeat(row, key, digest);
  const row =
    intents.find(keepsNumber) ??
    (onRepeat === 'send each time'
      ? undefined
      : (intents.find((one) => one.status === 'done' && isEarlier(one)) ??
        intents.find((one) => one.status === 'absent' && isEarlier(one))));
  return row && { row, superseded: intents.some((other) => isReplacedBy(row, other)) };
}

/** Only operations that may happen several times have two intents that are done. */
function isReplacedBy(row: IntentRow, other: IntentRow): boolean {
  return (
    row.status === 'done' &&
    other.status === 'done' &&
    (other.finished_at ?? 0) >= (row.finished_at ?? 0) &&
    other.created_at >= row.created_at &&
    other.id !== row.id
  );
}

/** Whether acquiring this intent needs no new bytes. */
export async function hasIntent(
  { db, encryption }: ReadContext,
  key: OwnedIntentKey,
): Promise<boolean> {
  return (await findIntent(db, key, digestOf(encryption, key))) !== undefined;
}

/** Every intent with this input that WeChat Pay has not refused, the newest first. */
export async function intentsWithSameInput(
  { db, encryption }: ReadContext,
  key: IntentKey,
): Promise<readonly Intent[]> {
  const { operation, product, outOrderNo } = key;
  const digest = digestOf(encryption, key);
  const intents = await intentsOf(db, { product, outOrderNo, operation });
  return intents.filter((row) => row.digest === digest).map((row) => intent(row, encryption));
}

/** The exact bytes of a write to WeChat Pay, and their target. */
interface PreparedBytes {
  readonly target: string;
  readonly body: Uint8Array;
  /** The key of WeChat Pay that personal data in the body is encrypted for. */
  readonly platformSerial: string;
}

/** A write that is about to be sent to WeChat Pay. */
export interface IntentInput extends OwnedIntentKey {
  readonly appid: string;
  readonly serviceId: string;
  /** The bytes of a new intent; undefined: acquire only an intent that exists. */
  readonly fresh: PreparedBytes | undefined;
  readonly origin: WriteOrigin;
}

/** The sender of a write, for support. */
export interface WriteOrigin {
  /** The API key, or the client of a token; never a user. Null if the call names none. */
  readonly client: string | null;
  readonly requestId: string | null;
}

/** A durable intent that this call may send. */
export interface AcquiredIntent {
  readonly id: string;
  /** The bytes to send: those of the first time. */
  readonly prepared: PreparedBytes;
  /** It was sent before, so that a refusal proves nothing. */
  readonly repeated: boolean;
  /** An earlier call with this input has succeeded. */
  readonly succeededBefore: boolean;
  /** Another call of the operation has succeeded since: this one must not be sent again. */
  readonly superseded: boolean;
  /** Stays the same until another call acquires or finishes it. */
  readonly lease: number;
}

/**
 * `missing`: no intent exists (any more), and no bytes were given for a new one. `conflict`: the
 * number has an intent with other input.
 */
export type Acquisition = AcquiredIntent | 'conflict' | 'missing';

/**
 * Makes an intent durable before anything is sent. The same operation with the same input has one
 * already: its bytes are returned, to be sent again.
 */
export async function acquireIntent(
  { db: tx, encryption }: WriteContext,
  { now, holdMs, ...input }: IntentInput & { readonly now: number; readonly holdMs: number },
): Promise<Acquisition> {
  const digest = digestOf(encryption, input);
  const known = await findIntent(tx, input, digest);
  if (known !== undefined) {
    if (!isRepeat(known.row, input, digest)) {
      return 'conflict';
    }
    return repeat(known, encryption, await renew(tx, known.row, input, { now, holdMs }));
  }
  const { fresh, operation, product, outOrderNo, appid, serviceId, owner, origin } = input;
  if (fresh === undefined) {
    return 'missing';
  }
  // Ordered by time, so that new rows share pages of the index and fewer are written.
  const id = `${now.toString(36)}-${randomUUID()}`;
  const lease = 1;
  await insertIntent(tx, {
    id,
    operation,
    product,
    out_order_no: outOrderNo,
    out_refund_no: null,
    appid,
    service_id: serviceId,
    digest,
    target: fresh.target,
    body: sealBody(fresh.body, encryption),
    platform_serial: fresh.platformSerial,
    owner,
    status: 'open',
    lease,
    created_at: now,
    sent_at: now,
    finished_at: null,
    check_at: now + holdMs,
    client: origin.client,
    request_id: origin.requestId,
    attempts: 0,
    outcome: null,
    reason: null,
    wechat_code: null,
    wechat_message: null,
    http_status: null,
    wechat_request_id: null,
  });
  const isNew = { repeated: false, succeededBefore: false, superseded: false };
  return { id, prepared: fresh, ...isNew, lease };
}

const insertIntent = compiledQuery((db, row: Params<IntentRow>) =>
  db.insertInto('intents').values(row),
);

/**
 * While a call sends it again, the reconciler leaves it alone. One that is done stays so. A shopper
 * who sends what the shop had sent becomes its owner, so that a later repeat finds it.
 */
async function renew(
  tx: Tx,
  { id, status, owner, lease }: IntentRow,
  input: IntentInput,
  { now, holdMs }: { readonly now: number; readonly holdMs: number },
): Promise<number> {
  if (status === 'done') {
    return lease;
  }
  await renewIntent(tx, {
    id,
    status: 'open',
    lease: lease + 1,
    finished_at: null,
    sent_at: now,
    check_at: now + holdMs,
    owner: owner ?? input.owner,
    client: input.origin.client,
    request_id: input.origin.requestId,
    outcome: null,
    reason: null,
  });
  return lease + 1;
}

type Renewal = Pick<
  IntentRow,
  | ('id' | 'status' | 'lease' | 'finished_at' | 'sent_at' | 'check_at')
  | ('owner' | 'client' | 'request_id' | 'outcome' | 'reason')
>;

const renewIntent = compiledQuery((db, { id, ...renewal }: Params<Renewal>) =>
  db.updateTable('intents').set(renewal).where('id', '=', id),
);

function repeat(
  { row, superseded }: FoundIntent,
  encryption: Encryption,
  lease: number,
): AcquiredIntent {
  const { id, target, platform_serial: platformSerial, body, status } = row;
  const prepared = { target, platformSerial, body: intentBody({ body }, encryption) };
  const succeededBefore = status === 'done';
  return { id, prepared, repeated: true, succeededBefore, superseded, lease };
}
