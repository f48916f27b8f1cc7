import type { TransportResult } from '../http/transport.ts';
import { noValidKey } from '../keys/missing-key.ts';
import { isUsable } from '../keys/platform-keys.ts';
import type { Health } from '../resilience/circuit-breaker.ts';
import { blockedLocally } from '../resilience/resilience.ts';
import type { Call, CallContext, Deadline } from './call.ts';
import { classifyResponse } from './classify-response.ts';
import { type Attempt, attemptTimeout, SHORTEST_ATTEMPT_MS } from './retry-policy.ts';
import { sendSigned } from './send-signed.ts';

/** One attempt: its place, the key, the signature, the answer, the verdict. */
export async function attempt<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
): Promise<Attempt<T>> {
  const { resilience: guard, keys } = context;
  if (left(deadline) < 0) {
    return blockedLocally('The deadline of the call has passed.', 0);
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
    // The certificate may have expired while the attempt waited for its place.
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

/** What is left once the shortest attempt has its time. */
function left(deadline: Deadline): number {
  return deadline - performance.now() - SHORTEST_ATTEMPT_MS;
}

function send<T>(
  call: Call<T>,
  context: CallContext,
  deadline: Deadline,
  platformSerial: string,
): Promise<TransportResult> {
  const { method, target, body, signal } = call;
  const timeoutMs = attemptTimeout(context.budgetMs, deadline - performance.now());
  return sendSigned({ method, target, body, platformSerial, timeoutMs, signal }, context);
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
 * A verified refusal is an answer of WeChat Pay. One that is not verified may be a proxy's, and what
 * never reached the first of two hosts says nothing about WeChat Pay either.
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
