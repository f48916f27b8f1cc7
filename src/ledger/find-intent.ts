import type { Kysely } from 'kysely';
import type { PreparedWrite } from '../wechat/index.ts';
import { compiledQuery, type Params } from './database/compiled-query.ts';
import type { IntentRow, Operation, Tables } from './database/tables.ts';
import type { Encryption } from './encryption.ts';
import { STANDING } from './finish-intent.ts';

const BODY = 'intent body';

/** What is about to be written to WeChat, and by whom. */
export interface Intended {
  readonly operation: Operation;
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  /** The canonical wire object before encryption. */
  readonly canonical: string;
  /**
   * Keyed hash of an openid: for a create the user of the order, if known; for the others the shopper
   * who writes, null for callers who may act for every user. Never a credential, so that a change of
   * keys breaks no repeat.
   */
  readonly owner: string | null;
  /** Makes the bytes; called only if there is no intent with this input yet. */
  readonly prepare: () => PreparedWrite | Promise<PreparedWrite>;
}

/** What makes two inputs the same. */
export function digestOf(
  encryption: Encryption,
  { canonical, operation }: Pick<Intended, 'canonical' | 'operation'>,
): string {
  return encryption.hash(canonical, `digest of ${operation}`);
}

const intentsOf = compiledQuery(
  (db, { outOrderNo, operation }: Params<Pick<Intended, 'outOrderNo' | 'operation'>>) =>
    db
      .selectFrom('intents')
      .selectAll()
      .where('out_order_no', '=', outOrderNo)
      .where('operation', '=', operation)
      .where('status', '!=', 'refused')
      .orderBy('created_at', 'desc'),
);

export function sealBody(body: Uint8Array, encryption: Encryption): string {
  return encryption.encrypt(body, BODY);
}

/** The bytes of an intent as they were sent. */
export function intentBody(intent: Pick<IntentRow, 'body'>, encryption: Encryption): Buffer {
  return encryption.decrypt(intent.body, BODY);
}

/** The one that keeps the number; else one with this input that could not be found at WeChat. */
export async function findIntent(
  db: Kysely<Tables>,
  { operation, outOrderNo, owner }: Pick<Intended, 'operation' | 'outOrderNo' | 'owner'>,
  digest: string,
): Promise<IntentRow | undefined> {
  const intents = await intentsOf(db, { outOrderNo, operation });
  const isAbsent = (intent: IntentRow) =>
    intent.status === 'absent' &&
    intent.digest === digest &&
    (operation !== 'create' || intent.owner === owner);
  return intents.find(({ status }) => STANDING.includes(status)) ?? intents.find(isAbsent);
}

/** Every intent with this input that WeChat has not refused, the newest first. */
export async function intentsWithSameInput(
  db: Kysely<Tables>,
  { operation, outOrderNo }: Pick<Intended, 'operation' | 'outOrderNo'>,
  digest: string,
): Promise<readonly IntentRow[]> {
  const intents = await intentsOf(db, { outOrderNo, operation });
  return intents.filter((intent) => intent.digest === digest);
}
