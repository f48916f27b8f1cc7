import { request as httpRequest } from 'node:http';
import type { NotificationFault } from '../faults/fault.ts';
import { signOrSpoil } from '../http/signature.ts';
import type { SandboxState } from '../sandbox.ts';
import { requestId } from '../wechat/answer.ts';
import { type Notification, unreadable } from './notification.ts';
import type { Attempt, AttemptStatus, Delivery } from './queue.ts';

/** One recorded attempt to deliver a notification; true if it was delivered. */
export async function attempt(delivery: Delivery, sandbox: SandboxState): Promise<boolean> {
  const fault = sandbox.faults.takeForNotification();
  const copies = fault?.fault === 'duplicate' ? fault.copies : 1;
  const sent = Array.from({ length: copies }, () => recordedSend(delivery, fault, sandbox));
  return (await Promise.all(sent)).some(isDelivered);
}

async function recordedSend(
  delivery: Delivery,
  fault: NotificationFault | undefined,
  sandbox: SandboxState,
): Promise<AttemptStatus> {
  if (fault?.fault === 'delay') {
    await new Promise<void>((resolve) => sandbox.timers.after(fault.ms, resolve));
    if (delivery.schedule === 'deleted') {
      return 'dropped';
    }
  }
  const started: Attempt = {
    atMs: sandbox.realNow(),
    status: 'pending',
    fault: fault?.fault ?? null,
  };
  delivery.attempts = [...delivery.attempts, started];
  const status = await sendOnce(delivery.notification, fault, sandbox);
  delivery.attempts = delivery.attempts.map((one) => (one === started ? { ...one, status } : one));
  return status;
}

function isDelivered(status: AttemptStatus): boolean {
  return status === 200 || status === 204 || status === 'dropped';
}

/** Sends a notification once, with the fault if there is one. Never rejects. */
export async function sendOnce(
  notification: Notification,
  fault: NotificationFault | undefined,
  sandbox: SandboxState,
): Promise<AttemptStatus> {
  const { url, answerWithinMs } = sandbox.notifications.settings;
  if (fault?.fault === 'drop') {
    return 'dropped';
  }
  if (url === null) {
    return 'no-connection';
  }
  const message = await messageFor(notification, fault, sandbox);
  return await post(url, message, answerWithinMs, sandbox.closing);
}

/**
 * The bytes and headers of one attempt: signed for each attempt, and corrupted as a fault demands.
 */
async function messageFor(
  notification: Notification,
  fault: NotificationFault | undefined,
  sandbox: SandboxState,
): Promise<Message> {
  const { identity, rules } = sandbox;
  const byCertificate = rules.notifySignedBy === 'certificate' && rules.certificates === 'served';
  const key = byCertificate ? identity.certificates[0] : identity.publicKeyMode;
  const text = fault?.fault === 'bad-ciphertext' ? unreadable(notification) : notification.text;
  const signature = await signOrSpoil(text, key, sandbox.realNow(), fault);
  return {
    bytes: Buffer.from(fault?.fault === 'tamper' ? tampered(text) : text),
    headers: {
      'Content-Type': 'application/json',
      Accept: '*/*',
      'User-Agent': 'Mozilla/4.0',
      'Request-ID': requestId(0),
      ...signature,
    },
  };
}

/**
 * Changes one byte of the ciphertext; the body is still JSON, so that only the signature is wrong.
 */
function tampered(text: string): string {
  return text.replace(/(?<="ciphertext":")./, (first) => (first === 'A' ? 'B' : 'A'));
}

interface Message {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Posts a notification on a connection of its own, as WeChat Pay's many machines do. Never rejects.
 */
function post(
  url: string,
  { bytes, headers }: Message,
  answerWithinMs: number,
  closing: AbortSignal,
): Promise<number | 'timeout' | 'no-connection'> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(answerWithinMs)]);
  return new Promise((resolve) => {
    const request = httpRequest(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { ...headers, 'Content-Length': bytes.length },
      },
      (response) => {
        resolve(response.statusCode ?? 'no-connection');
        // The status decides; the rest of the response does not matter.
        response.on('error', () => undefined).resume();
      },
    );
    request.on('error', () => resolve(signal.aborted ? 'timeout' : 'no-connection'));
    request.end(bytes);
  });
}
