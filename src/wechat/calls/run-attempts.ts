import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DropField } from '../codec/codec.ts';
import {
  authorization,
  isUsable,
  type KeyRing,
  type MerchantCredential,
  type SigningThread,
} from '../crypto/signature.ts';
import type { LastAnswer } from '../errors.ts';
import type { Transport, TransportResult } from '../http/transport.ts';
import type { AttemptReport, UnverifiedRefusal } from '../options.ts';
import { classifyResponse, type Reader } from './classify-response.ts';
import type { Health, Resilience } from './resilience.ts';
import {
  type Ambiguous,
  type Attempt,
  attemptTimeout,
  blockedLocally,
  decideNextStep,
  labelOf,
  type NextStep,
  type NotAcceptedReason,
  noValidKey,
  SHORTEST_ATTEMPT_MS,
} from './retry-policy.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call to WeChat Pay: up to three attempts with the same bytes. */
export interface Call<T> {
  readonly method: Method;
  readonly target: string;
  /** The call without its values, for metrics: `GET /v3/payscore/payafter-orders`. */
  readonly endpoint: string;
  readonly body: Uint8Array;
  readonly writes: boolean;
  /**
   * Of a write of which WeChat Pay does not document that the same bytes succeed again: whether a query
   * shows that an attempt that may have taken effect has not, so that they may be sent again.
   */
  readonly hasNoEffect?: (() => Promise<boolean>) | undefined;
  /**
   * The id of the key that the sensitive fields of the body are encrypted with; if omitted, the
   * preferred one.
   */
  readonly platformSerial?: string | undefined;
  /** The ambiguous attempt of the same write in an earlier call. */
  readonly earlierAmbiguousAttempt?: Ambiguous | undefined;
  readonly read: Reader<T>;
  /** Values that must not appear in an error; evaluated only if there is an error. */
  readonly sent: () => readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** The signature of the first attempt, if it was made ahead by {@link signNow}. */
  readonly authorization?: Promise<string> | undefined;
}

export interface Signer {
  readonly transport: Transport;
  readonly credential: MerchantCredential;
  readonly signingThread: () => SigningThread;
  /** Unix ms. */
  readonly now: () => number;
}

export interface CallContext extends Signer {
  readonly keys: KeyRing;
  readonly resilience: Resilience;
  readonly budgetMs: number;
  readonly onUnreadableField: DropField;
  readonly onAttempt: (report: AttemptReport) => void;
  readonly onUnverifiedRefusal: (refusal: UnverifiedRefusal) => void;
}

/** The time on the monotonic clock (ms) by which the whole call has to end. */
export type Deadline = number;

/** The result of a call when no further attempt follows. */
export type CallOutcome<T> = Exclude<NextStep<T>, { step: 'retry' }> & {
  readonly sent: SendReport;
};

/** What was sent, and the last answer. */
export interface SendReport extends LastAnswer {
  /** Requests that may have reached WeChat Pay. */
  readonly attempts: number;
  /** Why the last one was not accepted. */
  readonly reason: NotAcceptedReason | null;
}

/** @param latest the deadline of the operation that this call is a part of */
export function deadlineIn(
  budgetMs: number,
  latest: Deadline = Number.POSITIVE_INFINITY,
): Deadline {
  return Math.min(performance.now() + budgetMs, latest);
}

/** Makes attempts until {@link decideNextStep} stops. Throws only the caller's own abort. */
export async function runAttempts<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<CallOutcome<T>> {
  const { resilience: guard, onAttempt } = context;
  let attempts: Attempt<T>[] = [];
  for (;;) {
    const startMs = performance.now();
    const current = attempts.length === 0 ? call : { ...call, authorization: undefined };
    const latest = await attempt(current, context, deadline);
    const endMs = performance.now();
    const { kind } = latest;
    onAttempt({ endpoint: call.endpoint, kind, code: labelOf(latest), ms: endMs - startMs });
    if (attempts.length === 0 && !(latest.kind === 'not-accepted' && latest.blockedLocally)) {
      guard.countFirst();
    }
    const next = decideNextStep({
      writes: call.writes,
      isIdempotent: call.hasNoEffect === undefined,
      earlierAmbiguousAttempt: call.earlierAmbiguousAttempt,
      attempts: [...attempts, latest],
      remainingMs: deadline - endMs,
      mayRepeat: guard.mayRetry(),
      firstDelayMs: guard.firstDelayMs,
      jitter: Math.random(),
    });
    if (next.step !== 'retry') {
      return { ...next, sent: reportOf(attempts, latest) };
    }
    // Before the pause, because a concurrent call must not spend the same budget.
    guard.countRetry();
    attempts = [...attempts, latest];
    await pause(next.afterMs, call.signal);
    if (next.unless !== undefined && !(await call.hasNoEffect?.())) {
      const sent = reportOf(attempts.slice(0, -1), latest);
      return { step: 'stop', last: next.unless, sent };
    }
  }
}

function reportOf<T>(earlier: readonly Attempt<T>[], latest: Attempt<T>): SendReport {
  const attempts = [...earlier, latest].filter(
    (one) => !(one.kind === 'not-accepted' && one.reason !== 'RATE_LIMITED'),
  ).length;
  const { status, code, requestId } = latest.kind === 'refused' ? latest.refusal : latest;
  const reason = latest.kind === 'not-accepted' ? latest.reason : null;
  return { attempts, status, code, requestId, reason };
}

/** Ends early on the caller's own abort, and then throws its reason, as an attempt does. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

/** One attempt: permit, key, signature, request, classification. */
async function attempt<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<Attempt<T>> {
  const { resilience: guard, keys } = context;
  if (left(deadline) < 0) {
    return blockedLocally('DEADLINE', 'The deadline of the call expired.', 0);
  }
  if (keys.current() === undefined) {
    await keys.learn(undefined, left(deadline));
    if (keys.current() === undefined) {
      return noValidKey();
    }
  }
  const permit = await guard.acquire(call.writes, left(deadline), call.signal);
  if (permit.kind !== 'permit') {
    return permit;
  }
  let health: Health = 'neutral';
  try {
    // The certificate may have expired while the attempt was queued.
    const serial = call.platformSerial ?? keys.current()?.serial;
    if (serial === undefined) {
      return noValidKey();
    }
    const delivery = await send(call, context, deadline, serial);
    const latest = await judged(call, context, delivery, deadline);
    health = healthOf(latest, delivery);
    return latest;
  } finally {
    permit.release(health);
  }
}

/** The time that is left after the shortest attempt. */
function left(deadline: Deadline): number {
  return deadline - performance.now() - SHORTEST_ATTEMPT_MS;
}

async function judged<T>(
  { read, sent }: Call<T>,
  { keys, now }: CallContext,
  delivery: TransportResult,
  deadline: Deadline,
): Promise<Attempt<T>> {
  const serial = delivery.type === 'answered' ? delivery.header('wechatpay-serial') : null;
  if (serial !== null && !isUsable(keys.find(serial))) {
    await keys.learn(serial, left(deadline));
  }
  return classifyResponse(delivery, { findKey: keys.find, now: now(), read, sent });
}

/**
 * A verified refusal is a response of WeChat Pay. One that is not verified may be a proxy's, and an
 * attempt that did not reach the first of two hosts says nothing about WeChat Pay either.
 */
function healthOf<T>(latest: Attempt<T>, delivery: TransportResult): Health {
  switch (latest.kind) {
    case 'done':
      return 'good';
    case 'refused':
      return latest.refusal.verified ? 'good' : 'neutral';
    case 'ambiguous':
      return latest.status === 202 ? 'neutral' : 'bad';
    case 'not-accepted':
      return delivery.type === 'not-sent' && !delivery.spare ? 'bad' : 'neutral';
  }
}

function send<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
  platformSerial: string,
): Promise<TransportResult> {
  const { method, target, body, signal, authorization } = call;
  const timeoutMs = attemptTimeout(context.budgetMs, deadline - performance.now());
  const signed = { method, target, body, platformSerial, timeoutMs, signal, authorization };
  return sendSigned(signed, context);
}

export interface Signed {
  readonly method: Method;
  readonly target: string;
  readonly body: Uint8Array;
  /**
   * The WeChat Pay key that the body is encrypted with, and that the response must be signed with.
   */
  readonly platformSerial: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly authorization?: Promise<string> | undefined;
}

/**
 * The `Authorization` header of an attempt that is made now, with a new timestamp, nonce and
 * signature: WeChat Pay accepts it for five minutes, and each nonce once.
 */
export async function signNow(
  request: Pick<Signed, 'method' | 'target' | 'body'>,
  { credential, now }: Pick<Signer, 'credential' | 'now'>,
  thread: SigningThread,
): Promise<string> {
  const timestamp = Math.floor(now() / 1000);
  // At most 32 characters; Node generates UUIDs in advance, and random bytes one by one.
  const nonce = randomUUID().replaceAll('-', '');
  return await authorization({ ...request, timestamp, nonce }, credential, thread);
}

/** Sends with a new timestamp, nonce and signature. Throws only the caller's own abort. */
export async function sendSigned(request: Signed, signer: Signer): Promise<TransportResult> {
  const { method, target, body, platformSerial, timeoutMs, signal } = request;
  const { transport, signingThread } = signer;
  return transport.send({
    method,
    target,
    body,
    headers: {
      accept: 'application/json',
      authorization: await (request.authorization ?? signNow(request, signer, signingThread())),
      ...(body.length > 0 && { 'content-type': 'application/json' }),
      'user-agent': 'payafter-graphql',
      ...(platformSerial !== undefined && { 'wechatpay-serial': platformSerial }),
    },
    timeoutMs,
    signal,
  });
}
