import { semanticsOf } from '../../domain/write-semantics.ts';
import type { AcquiredIntent, WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import type { WriteResult } from '../../ledger/records.ts';
import { within } from '../../ledger/within.ts';
import {
  attemptTimeout,
  OrderConflictError,
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  OrderStateError,
  OutcomeUnknownError,
  type PreparedWrite,
  type SendReport,
  WechatError,
  type WechatPay,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { warnIfSuspicious } from '../state/observation.ts';
import type { Intended, OrderWrite, WriteServices } from './order-write.ts';
import { NO_ANSWER } from './query-before-write.ts';
import { failureOf, successOf } from './write-result.ts';

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
  const send = () =>
    write.send({ prepared, ambiguousBefore, succeededBefore, deadline, onSent, onShown });
  try {
    const earlier = await findEarlierEffect(services, write, { intent, deadline: sendBy, onShown });
    const answer = earlier ?? (await send());
    ledger.onIntent('done');
    const seen = shown ?? write.seen?.(answer, ledger.now());
    const result = earlier === undefined ? successOf(report) : null;
    recordSuccess(ledger, intent.id, write.intended, { seen, result });
    return { ...answer, replayed: succeededBefore || earlier !== undefined };
  } catch (error) {
    const result = failureOf(error, report);
    const { id, lease } = intent;
    if (error instanceof OrderNotStartedError) {
      // The order exists, so that its number is used.
      ledger.onIntent('done');
      recordSuccess(ledger, id, write.intended, { seen: shown, result });
      throw error;
    }
    const refused = error instanceof WechatError && !(error instanceof OutcomeUnknownError);
    ledger.onIntent(refused ? 'refused' : 'open');
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

interface Earlier<O> {
  readonly intent: AcquiredIntent;
  /** On the monotonic clock, ms. */
  readonly deadline: number;
  /** Called with the order that shows the effect. */
  readonly onShown: (order: O) => void;
}

/**
 * The result of an earlier call with the same input, if a query shows its effect: for the writes of
 * which WeChat Pay does not document that they succeed again. Undefined if the write is to be sent.
 * @throws OrderStateError if it cannot take effect any more; OrderOutcomeUnknownError if the query
 *   does not determine it
 */
async function findEarlierEffect<T, O>(
  { wechat }: WriteServices,
  { orders, intended, shownByQuery }: OrderWrite<T, O>,
  { intent, deadline, onShown }: Earlier<O>,
): Promise<T | undefined> {
  const { product, operation, outOrderNo, appid, serviceId } = intended;
  const { repeated, superseded, succeededBefore, prepared } = intent;
  if (!repeated || semanticsOf(product, operation).repeat !== 'query, then send') {
    return undefined;
  }
  if (superseded) {
    throw new OrderStateError(outOrderNo, null, NO_ANSWER);
  }
  const query = { outOrderNo, appid, serviceId };
  const order = await orders
    .query(wechat, query, { proven: true, deadline })
    .catch((error: unknown) => {
      throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', {
        ...NO_ANSWER,
        cause: error,
      });
    });
  if (order === null) {
    return undefined;
  }
  const { body } = prepared;
  const outcome = orders.outcomeOf(operation, body, order);
  const isLost = orders.isSuperseded(operation, body, order);
  if (isLost || (outcome === 'no-effect' && succeededBefore)) {
    throw new OrderStateError(outOrderNo, orders.stateOf(order), NO_ANSWER);
  }
  if (outcome === 'took-effect' || (outcome === 'undetermined' && succeededBefore)) {
    onShown(order);
    return shownByQuery(order);
  }
  if (outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'UNDETERMINED', NO_ANSWER);
  }
  return undefined;
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
