import type { AcquiredIntent, WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation, WriteResult } from '../../ledger/records.ts';
import { within } from '../../ledger/within.ts';
import {
  attemptTimeout,
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderNotStartedError,
  OrderStateError,
  OutcomeUnknownError,
  type PreparedWrite,
  type SendReport,
  WechatError,
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { recorded, recordSuccess } from '../state/observation.ts';
import { NO_ANSWER } from './query-before-write.ts';
import { findEarlierEffect, refuseUnlessDone, resolveRefusal } from './repeated-write.ts';
import type {
  CallDeadline,
  Intended,
  OrderWrite,
  Refusal,
  Replayable,
  WriteServices,
} from './write-types.ts';

/** A part of the whole time budget. */
const LEDGER_SHARE = 0.15;

/** Starts the time budget of a call: `WECHAT_TIMEOUT_MS` in all. */
export function startDeadline({ timeoutMs }: Pick<WechatPay, 'timeoutMs'>): CallDeadline {
  const deadline = performance.now() + timeoutMs;
  const sendBy = deadline - attemptTimeout(timeoutMs, timeoutMs);
  return { deadline, sendBy, queryBy: sendBy - LEDGER_SHARE * timeoutMs };
}

/**
 * The end of every command, after its checks: sends the write; if a check refuses it, it succeeds
 * only if an earlier call has sent it.
 * @param write evaluated only here, because invalid input may have no bytes
 * @throws the error of the refusal, and what {@link writeOrder} throws
 */
export async function writeUnlessRefused<T extends object, O>(
  services: WriteServices,
  write: () => OrderWrite<T, O>,
  refusal: Refusal<O> | undefined,
  deadline: CallDeadline,
): Promise<Replayable<T>> {
  return refusal === undefined
    ? await writeOrder(services, write(), deadline)
    : await refuseUnlessDone(services, write, refusal, deadline);
}

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
  const authorization = signAhead(services, write.intended);
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
    write.send({
      prepared,
      authorization: intent.repeated ? undefined : authorization,
      ambiguousBefore,
      succeededBefore,
      deadline,
      onSent,
      onShown,
    });
  try {
    const earlier = intent.repeated
      ? await findEarlierEffect(services, write, { intent, deadline: sendBy, onShown })
      : undefined;
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

/** The bytes of a new intent are those that are signed here while it is stored. */
function signAhead(
  { wechat }: Pick<WriteServices, 'wechat'>,
  { prepare }: Intended,
): Promise<string> | undefined {
  const signature = typeof prepare === 'function' ? undefined : wechat.sign(prepare);
  // Nothing waits for it if there is no new intent.
  signature?.catch(() => {});
  return signature;
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

/** How a write ended that took effect. */
export function successOf(report: SendReport | undefined): WriteResult {
  return {
    outcome: 'took-effect',
    attempts: report?.attempts ?? 0,
    reason: null,
    httpStatus: report?.status ?? null,
    wechatCode: report?.code ?? null,
    wechatMessage: null,
    wechatRequestId: report?.requestId ?? null,
  };
}

/** How a write ended that failed, as support needs it: the kind, and WeChat Pay's codes. */
export function failureOf(error: unknown, report: SendReport | undefined): WriteResult {
  const answer = error instanceof WechatError ? error : report;
  return {
    ...kindOf(error, report),
    attempts: report?.attempts ?? 0,
    httpStatus: answer?.status ?? null,
    wechatCode: answer?.code ?? null,
    wechatMessage: error instanceof WechatRefusedError ? error.refusal.explanation : null,
    wechatRequestId: answer?.requestId ?? null,
  };
}

function kindOf(
  error: unknown,
  report: SendReport | undefined,
): Pick<WriteResult, 'outcome' | 'reason'> {
  if (error instanceof OutcomeUnknownError) {
    return { outcome: 'unknown', reason: error.reason };
  }
  if (error instanceof WechatUnavailableError) {
    return { outcome: 'not-accepted', reason: error.reason ?? report?.reason ?? 'NOT_SENT' };
  }
  if (error instanceof OrderConflictError) {
    return { outcome: 'refused', reason: 'CONFLICT' };
  }
  if (error instanceof OrderNotStartedError) {
    return { outcome: 'took-effect', reason: 'NOT_STARTED' };
  }
  if (error instanceof OrderNotFoundError) {
    return { outcome: 'refused', reason: 'NOT_FOUND' };
  }
  if (error instanceof OrderStateError) {
    return { outcome: 'refused', reason: 'STATE' };
  }
  if (error instanceof OrderBusyError) {
    return { outcome: 'refused', reason: 'BUSY' };
  }
  return error instanceof WechatError
    ? { outcome: 'refused', reason: 'REFUSED' }
    : { outcome: 'unknown', reason: 'INTERNAL_ERROR' };
}
