import { parseObject } from '../calls/classify-response.ts';
import { type Answer, type DropField, decode, isObject, type Wire } from '../codec/codec.ts';
import { type PayAfterOrder, payAfterOrder, serviceNotification } from '../codec/wire-types.ts';
import { decryptWithAny, readResource } from '../crypto/encryption.ts';
import {
  type SignedMessage,
  type VerificationFailure,
  verifySignature,
} from '../crypto/signature.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A notification of WeChat Pay, verified and decrypted. */
export interface Notification {
  readonly id: string;
  readonly eventType: string;
  /** The decrypted JSON, unparsed: it may contain personal data. */
  readonly payload: string;
  /** The order in it, whatever the event type; null if there is none. */
  readonly order: PayAfterOrder | null;
  /** What the user did to the service; null if the notification is about something else. */
  readonly service: Answer<typeof serviceNotification> | null;
}

/** Not proved to be from WeChat Pay: respond 4xx and store nothing. */
export class UntrustedNotificationError extends Error {
  override readonly name = 'UntrustedNoticeError';
  readonly why: VerificationFailure['why'] | 'malformed';

  constructor(why: UntrustedNotificationError['why']) {
    super(`A notification was refused: ${why}.`);
    this.why = why;
  }
}

/**
 * From WeChat Pay, but encrypted with another APIv3 key: respond 5xx, so that it is sent again
 * after the key is fixed.
 */
export class UndecryptableNotificationError extends Error {
  override readonly name = 'UndecryptableNoticeError';
}

const LEARN_MS = 3_000;
/** Reasons that other certificates may resolve. */
const ABOUT_KEY: readonly VerificationFailure['why'][] = [
  'unknown-serial',
  'expired-certificate',
  'not-yet-valid-certificate',
];

export interface NotificationContext {
  readonly keys: KeyRing;
  /** The current one first, then those that still decrypt during a key rotation. */
  readonly apiv3Keys: readonly string[];
  /** Unix ms. */
  readonly now: () => number;
  readonly onUnreadableField: DropField;
}

/**
 * Verifies the raw bytes, then decrypts, then parses. If the key that it names is unknown or its
 * certificate is not valid, it waits until certificates have been downloaded again, unless that was
 * done a short time ago: WeChat Pay waits 5 s for a response.
 * @throws UntrustedNotificationError, UndecryptableNotificationError
 */
export async function readNotification(
  message: SignedMessage,
  context: NotificationContext,
): Promise<Notification> {
  const { keys, now } = context;
  let failure = verifySignature(message, keys.find, now());
  if (failure !== undefined && ABOUT_KEY.includes(failure.why)) {
    await keys.learn(message.header('wechatpay-serial') ?? '', LEARN_MS);
    failure = verifySignature(message, keys.find, now());
  }
  if (failure !== undefined) {
    throw new UntrustedNotificationError(failure.why);
  }
  const envelope = parseObject(message.body);
  const id = envelope?.['id'];
  const eventType = envelope?.['event_type'];
  const resource = envelope?.['resource'];
  if (typeof id !== 'string' || id === '' || typeof eventType !== 'string' || !isObject(resource)) {
    throw new UntrustedNotificationError('malformed');
  }
  const payload = decrypt(resource, context.apiv3Keys);
  const wire = parseObject(Buffer.from(payload)) ?? {};
  const { onUnreadableField } = context;
  return {
    id,
    eventType,
    payload,
    order: decode(payAfterOrder, wire, onUnreadableField) ?? null,
    service:
      'user_service_status' in wire
        ? (decode(serviceNotification, wire, onUnreadableField) ?? null)
        : null,
  };
}

function decrypt(resource: Wire, keys: readonly string[]): string {
  if (readResource(resource) === undefined) {
    throw new UntrustedNotificationError('malformed');
  }
  const payload = decryptWithAny(resource, keys);
  if (payload === undefined) {
    throw new UndecryptableNotificationError(
      'A notification could not be decrypted: check WECHAT_APIV3_KEY.',
    );
  }
  return payload;
}
