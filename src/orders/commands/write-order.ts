import type { InputRules } from '../../domain/input-rules.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { AcquiredIntent, WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import type { WriteResult } from '../../ledger/records.ts';
import { within } from '../../ledger/time.ts';
import {
  attemptTimeout,
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  OutcomeUnknownError,
  type SendReport,
  WechatError,
  type WechatPay,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { warnIfSuspicious } from '../state/observation.ts';
import { acquireIntent, type Intended } from './acquire-intent.ts';
import { findEarlierEffect } from './find-earlier-effect.ts';
import type { OrderWrite, WriteServices } from './order-write.ts';
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
