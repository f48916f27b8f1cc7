import type { Kysely } from 'kysely';
import { compiledQuery, type Params } from '../database/compiled-query.ts';
import type { IntentRow, Tables } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Intent, IntentStatus, Operation, OrderKey } from '../records.ts';
import type { ReadContext } from './context.ts';
import { intent } from './rows.ts';

/**
 * Idempotency: the order number and the operation are the key. The same input is a repeat, and sends
 * the same bytes; other input is a conflict. A create also decides whose the order is.
 */
export function isRepeat(known: IntentRow, input: OwnedIntentKey, digest: string): boolean {
  const isSameOwner = input.operation !== 'create' || known.owner === input.owner;
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
export function digestOf(
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

/** The intent that keeps the number; otherwise one with this input that WeChat Pay did not find. */
export async function findIntent(
  db: Kysely<Tables>,
  { operation, product, outOrderNo, owner }: Omit<OwnedIntentKey, 'canonical'>,
  digest: string,
): Promise<IntentRow | undefined> {
  const intents = await intentsOf(db, { product, outOrderNo, operation });
  const isAbsent = (row: IntentRow) =>
    row.status === 'absent' &&
    row.digest === digest &&
    (operation !== 'create' || row.owner === owner);
  return intents.find(({ status }) => EFFECTIVE.includes(status)) ?? intents.find(isAbsent);
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
