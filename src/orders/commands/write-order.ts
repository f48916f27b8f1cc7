import type { InputRules } from '../../domain/input-rules.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { AcquiredIntent, WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import type { Operation, OrderKey, WriteResult } from '../../ledger/records.ts';
import { within } from '../../ledger/within.ts';
import {
  attemptTimeout,
  OrderConflictError,
  OrderOutcomeUnknownError,
  OutcomeUnknownError,
  type PreparedWrite,
  type SendReport,
  WechatError,
  type WechatPay,
  WechatUnavailableError,
  type WriteOptions,
} from '../../wechat/index.ts';
import type { OrderQueries, ProductOrders } from '../products/products.ts';
import { warnIfSuspicious } from '../state/observation.ts';
import { NO_ANSWER } from './query-before-write.ts';
import { failureOf, successOf } from './write-result.ts';

/** Services needed to write an order. */
export interface OrderServices {
  readonly wechat: WechatPay;
  readonly inputRules: InputRules;
  readonly ledger: Ledger;
  /** Whose orders the caller may access. */
  readonly visibility: Visibility;
  /** Recorded with each write. */
  readonly origin: WriteOrigin;
  /** Called when a write was sent, before its answer or its error. */
  readonly onSent?: ((report: SendReport) => void) | undefined;
}

export interface WriteServices {
  readonly ledger: Ledger;
  readonly origin: WriteOrigin;
  readonly onSent?: ((report: SendReport) => void) | undefined;
  readonly wechat: OrderQueries;
}

/** The deadlines of one call that writes an order, including the time for the ledger. */
export interface CallDeadline {
  /** On the monotonic clock, ms: the caller has a response by then. */
  readonly deadline: number;
  /** Nothing is sent for the first time after this: an attempt needs the remaining time. */
  readonly sendBy: number;
  /** A query before the write ends by then: the ledger needs the time from here to `sendBy`. */
  readonly queryBy: number;
}

/** A part of the whole time budget. */
const LEDGER_SHARE = 0.15;

/** Starts the time budget of a call: `WECHAT_TIMEOUT_MS` in all. */
export function startDeadline({ timeoutMs }: Pick<WechatPay, 'timeoutMs'>): CallDeadline {
  const deadline = performance.now() + timeoutMs;
  const sendBy = deadline - attemptTimeout(timeoutMs, timeoutMs);
  return { deadline, sendBy, queryBy: sendBy - LEDGER_SHARE * timeoutMs };
}

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

/** One write to WeChat Pay, from the durable intent to the recorded outcome. */
export interface OrderWrite<T, O> {
  readonly intended: Intended;
  readonly orders: ProductOrders<O>;
  readonly send: (options: WriteOptions<O>) => Promise<T>;
  /**
   * What the response says about the order, if it says anything; omitted if only a query shows it.
   * @param now Unix ms
   */
  readonly seen?: ((answer: T, now: number) => Observation | null) | undefined;
  /** The result when a query has shown that the write took effect. */
  readonly shownByQuery: (order: O) => T;
}

/** `replayed`: this call had no new effect, because the same call had succeeded before. */
export type Replayable<T> = T & { readonly replayed: boolean };

/**
 * The intent is durable before a byte is sent to WeChat Pay; the same input sends the same bytes,
 * also after a restart. The outcome is recorded in the background: a crash leaves the intent open,
 * and the reconciler queries WeChat Pay. Checks of this server run before (`refuseUnlessDone`).
 * @throws what `send` throws; OrderConflictError if the number has an intent with other input;
 *   LedgerUnavailableError if nothing was sent
 */
export async function writeOrder<T extends object, O>(
  services: WriteServices,
  write: OrderWrite<T, O>,
  { deadline, sendBy }: CallDeadline,
): Promise<Replayable<T>> {
  const { ledger } = services;
  const intent = await acquireIntent(services, write.intended, sendBy);
  ledger.onIntent(intent.repeated ? 'repeated' : 'begun');
  const since = ledger.steadyNow();
  const { prepared, repeated: ambiguousBefore, succeededBefore } = intent;
  let report: SendReport | undefined;
  const onSent = (sent: SendReport) => {
    report = sent;
    services.onSent?.(sent);
  };
  let shown: Observation | undefined;
  const onShown = (order: O) => {
    shown = write.orders.observationOf(order, { source: 'MUTATION', ledger });
  };
  try {
    const options = { prepared, ambiguousBefore, succeededBefore, deadline, onSent, onShown };
    const answer = await write.send(options);
    ledger.onIntent('done');
    const seen = shown ?? write.seen?.(answer, ledger.now());
    recordSuccess(ledger, intent.id, write.intended, { seen, result: successOf(report) });
    return { ...answer, replayed: succeededBefore };
  } catch (error) {
    const refused = error instanceof WechatError && !(error instanceof OutcomeUnknownError);
    ledger.onIntent(refused ? 'refused' : 'open');
    const result = failureOf(error, report);
    const { id, lease } = intent;
    if (!refused) {
      void recorded(ledger, ledger.keepIntentOpen({ id, since, result }));
      throw error;
    }
    // The order number of a refused write can be used again immediately, on another instance too. A
    // locked ledger must not delay the response past the deadline.
    const released = await within(
      deadline - performance.now(),
      recorded(ledger, ledger.releaseIntent({ id, lease, result })),
      undefined,
    );
    // Another call may have sent it, unless the ledger said otherwise.
    const sentByAnother = released !== true && !ambiguousBefore;
    if (sentByAnother && !(error instanceof WechatUnavailableError)) {
      return await resolveRefusal(services, write, intent, { refusal: error, deadline });
    }
    throw error;
  }
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

interface ShownEffect {
  readonly seen: Observation | null | undefined;
  /** Null: only a query has shown it. */
  readonly result: WriteResult | null;
}

/** Records in the background that a write took effect, and the observed order. */
export function recordSuccess(
  ledger: Ledger,
  id: string,
  { operation, owner }: Pick<Intended, 'operation' | 'owner'>,
  { seen, result }: ShownEffect,
): void {
  const observation = seen ? { ...seen, owner: operation === 'create' ? owner : null } : null;
  void recorded(ledger, ledger.finishIntent({ id, observation, result })).then((observed) =>
    warnIfSuspicious(ledger, observation, observed ?? null),
  );
}

/**
 * Another call sent the same write meanwhile: this one may have been refused because that one took
 * effect. A query decides, and nothing is sent again.
 */
async function resolveRefusal<T extends object, O>(
  { wechat, ledger }: WriteServices,
  write: OrderWrite<T, O>,
  { id, prepared }: AcquiredIntent,
  { refusal, deadline }: { readonly refusal: WechatError; readonly deadline: number },
): Promise<Replayable<T>> {
  const { orders, intended } = write;
  const { operation, outOrderNo, appid, serviceId } = intended;
  const query = { outOrderNo, appid, serviceId };
  const order = await orders
    .query(wechat, query, { proven: true, deadline })
    .catch(() => undefined);
  const outcome = order && orders.outcomeOf(operation, prepared.body, order);
  if (order === undefined || outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', refusal);
  }
  if (order === null || outcome === 'no-effect') {
    throw refusal;
  }
  const seen = orders.observationOf(order, { source: 'MUTATION', ledger });
  recordSuccess(ledger, id, intended, { seen, result: null });
  return { ...write.shownByQuery(order), replayed: true };
}

/** Never rejects; undefined if it could not be recorded. */
function recorded<R>({ log }: Ledger, work: Promise<R>): Promise<R | undefined> {
  return work.catch((err: unknown) => {
    log.error({ err }, 'recording the write outcome failed; the reconciler will resolve it');
    return undefined;
  });
}
