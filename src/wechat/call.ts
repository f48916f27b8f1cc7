import { type KeyObject, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Ambiguous,
  type Attempt,
  attemptTimeout,
  type NextStep,
  nextStep,
} from './attempts.ts';
import { judge, type Reader } from './judge.ts';
import type { PlatformKey } from './platform-keys.ts';
import type { AttemptReport } from './report.ts';
import type { DropField } from './shape.ts';
import { authorization, type MerchantCredential } from './sign.ts';
import type { Transport } from './transport.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call to WeChat, made of up to three attempts that carry the same bytes. */
export interface Call<T> {
  readonly method: Method;
  readonly target: string;
  /** Names it without its values, for counting: `GET /v3/payscore/payafter-orders`. */
  readonly endpoint: string;
  readonly body: Uint8Array;
  readonly writes: boolean;
  /** Names the key that the body's sensitive fields are encrypted for; the preferred one where left out. */
  readonly platformSerial?: string | undefined;
  /** What was ambiguous about this very write before, in another call. */
  readonly doubt?: Ambiguous | undefined;
  readonly read: Reader<T>;
  /** Values that must not come back in an error. */
  readonly sent: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface CallContext {
  readonly transport: Transport;
  readonly credential: MerchantCredential;
  /** Named in every request, so that WeChat answers under it; encrypts sensitive fields. */
  readonly platformKey: PlatformKey;
  readonly findKey: (serial: string) => KeyObject | undefined;
  readonly budgetMs: number;
  /** Unix ms. */
  readonly now: () => number;
  readonly onUnreadableField: DropField;
  readonly onAttempt: (report: AttemptReport) => void;
}

/** Where a call stands when no further attempt of its own follows. */
export type Settled<T> = Exclude<NextStep<T>, { step: 'again' }>;

/** A point on the monotonic clock (ms) by which the whole call has to end. */
export type Deadline = number;

export function deadlineIn(budgetMs: number): Deadline {
  return performance.now() + budgetMs;
}

/** Attempts until {@link nextStep} says that it is enough. Throws only the caller's own abort. */
export async function settle<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<Settled<T>> {
  let attempts: Attempt<T>[] = [];
  for (;;) {
    const startMs = performance.now();
    const latest = await attempt(call, context, deadline - startMs);
    const endMs = performance.now();
    context.onAttempt({ endpoint: call.endpoint, kind: latest.kind, ms: endMs - startMs });
    const next = nextStep({
      writes: call.writes,
      earlierDoubt: call.doubt,
      attempts: [...attempts, latest],
      remainingMs: deadline - endMs,
      jitter: Math.random(),
    });
    if (next.step !== 'again') {
      return next;
    }
    attempts = [...attempts, latest];
    await pause(next.afterMs, call.signal);
  }
}

/** Cut short by the caller's own abort, and then throws its reason, as an attempt does. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

/** A new timestamp, nonce and signature each time, over the same bytes. */
async function attempt<T>(
  { method, target, body, platformSerial, read, sent, signal }: Call<T>,
  { transport, credential, platformKey, findKey, budgetMs, now }: CallContext,
  remainingMs: number,
): Promise<Attempt<T>> {
  const timestamp = Math.floor(now() / 1000);
  const nonce = randomBytes(16).toString('hex');
  const signed = { method, target, timestamp, nonce, body };
  const delivery = await transport.send({
    method,
    target,
    body,
    headers: {
      accept: 'application/json',
      authorization: await authorization(signed, credential),
      ...(body.length > 0 && { 'content-type': 'application/json' }),
      'user-agent': 'payafter-graphql',
      'wechatpay-serial': platformSerial ?? platformKey.serial,
    },
    timeoutMs: attemptTimeout(budgetMs, remainingMs),
    signal,
  });
  return judge(delivery, { findKey, now: now(), read, sent });
}
