import type { AcquiredIntent, WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Operation, OrderKey } from '../../ledger/records.ts';
import { OrderConflictError, type PreparedWrite } from '../../wechat/index.ts';
import { NO_ANSWER } from './query-before-write.ts';

/** A write to WeChat Pay and its owner, before it is sent. */
export interface Intended extends OrderKey {
  readonly operation: Operation;
  readonly appid: string;
  readonly serviceId: string;
  /** The canonical wire object before encryption. */
  readonly canonical: string;
  /**
   * Keyed hash of an openid: for a create the user of the order, if known; for other writes the end
   * user that calls, null for callers that may act for every user. Never a credential, so that a
   * repeat works after a key rotation.
   */
  readonly owner: string | null;
  /** The bytes, or a function that builds them; called only if no intent with this input exists. */
  readonly prepare: PreparedWrite | (() => PreparedWrite | Promise<PreparedWrite>);
}

/** What a call needs to acquire its intent. */
interface IntentServices {
  readonly ledger: IntentLedger;
  readonly origin: WriteOrigin;
}

type IntentLedger = Pick<Ledger, 'hasIntent' | 'acquireIntent'>;

/**
 * Makes an intent durable before anything is sent. The same operation with the same input has one
 * already: its bytes are returned, to be sent again. With other input it is a conflict.
 * @param sendBy on the monotonic clock, ms: an intent that is not durable by then is not sent
 * @throws OrderConflictError, LedgerUnavailableError
 */
export async function acquireIntent(
  services: IntentServices,
  intended: Intended,
  sendBy: number = Number.POSITIVE_INFINITY,
): Promise<AcquiredIntent> {
  const { ledger, origin } = services;
  const { operation, product, outOrderNo, appid, serviceId, canonical, owner } = intended;
  const key = { operation, product, outOrderNo, canonical, owner };
  const fresh = ownBytes(await freshBytes(ledger, intended, key, sendBy));
  const acquired = await ledger.acquireIntent({ ...key, appid, serviceId, fresh, origin }, sendBy);
  if (acquired === 'conflict') {
    throw new OrderConflictError(outOrderNo, NO_ANSWER);
  }
  // The existing intent was released meanwhile: this call starts a new one.
  return acquired === 'missing' ? await acquireIntent(services, intended, sendBy) : acquired;
}

/**
 * Undefined if an intent exists: the effect of another call on the order is not a failure of this
 * one.
 */
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

/**
 * Plain values, and a copy of the body without the rest of its buffer: they are sent to another
 * thread.
 */
function ownBytes(fresh: PreparedWrite | undefined): PreparedWrite | undefined {
  if (fresh === undefined) {
    return undefined;
  }
  const { target, body, platformSerial } = fresh;
  return { target, body: new Uint8Array(body), platformSerial };
}
