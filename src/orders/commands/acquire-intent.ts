import type { AcquiredIntent } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Operation } from '../../ledger/records.ts';
import { OrderConflictError, type PreparedWrite } from '../../wechat/index.ts';
import { NO_ANSWER } from './query-before-write.ts';

export type { AcquiredIntent } from '../../ledger/jobs/acquire-intent.ts';

/** What is about to be written to WeChat Pay, and by whom. */
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
  /** The bytes, or what makes them; that is called only if there is no intent with this input yet. */
  readonly prepare: PreparedWrite | (() => PreparedWrite | Promise<PreparedWrite>);
}

type IntentLedger = Pick<Ledger, 'hasIntent' | 'acquireIntent'>;

/**
 * Makes an intent durable before anything is sent. The same operation with the same input has one
 * already: its bytes are returned, to be sent again. With other input it is a conflict.
 * @param sendBy on the monotonic clock, ms: an intent that is not durable by then is not sent
 * @throws OrderConflictError, LedgerUnavailableError
 */
export async function acquireIntent(
  ledger: IntentLedger,
  intended: Intended,
  sendBy: number = Number.POSITIVE_INFINITY,
): Promise<AcquiredIntent> {
  const { operation, outOrderNo, appid, serviceId, canonical, owner } = intended;
  const key = { operation, outOrderNo, canonical, owner };
  const fresh = ownBytes(await freshBytes(ledger, intended, key, sendBy));
  const acquired = await ledger.acquireIntent({ ...key, appid, serviceId, fresh }, sendBy);
  if (acquired === 'conflict') {
    throw new OrderConflictError(outOrderNo, NO_ANSWER);
  }
  // The intent that was found was released meanwhile: now this is a new one.
  return acquired === 'missing' ? await acquireIntent(ledger, intended, sendBy) : acquired;
}

/** Undefined if there is an intent already: what another call did to the order is no failure of this one. */
async function freshBytes(
  ledger: IntentLedger,
  { prepare }: Pick<Intended, 'prepare'>,
  key: Parameters<Ledger['hasIntent']>[0],
  sendBy: number,
): Promise<PreparedWrite | undefined> {
  if (typeof prepare !== 'function') {
    return prepare;
  }
  if (await ledger.hasIntent(key, sendBy)) {
    return undefined;
  }
  try {
    return await prepare();
  } catch (error) {
    if (await ledger.hasIntent(key, sendBy)) {
      return undefined;
    }
    throw error;
  }
}

/** Values only, and a body without the buffer that it may be a part of: they go to another thread. */
function ownBytes(fresh: PreparedWrite | undefined): PreparedWrite | undefined {
  if (fresh === undefined) {
    return undefined;
  }
  const { target, body, platformSerial } = fresh;
  return { target, body: new Uint8Array(body), platformSerial };
}
