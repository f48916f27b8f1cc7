import { isOrderOf, parseObject } from '../calls/classify-response.ts';
import { type Answer, type DropField, decode, isObject, type Wire } from '../codec/codec.ts';
import { type ServiceOrder, serviceOrder } from '../codec/service-order-types.ts';
import { type PayAfterOrder, payAfterOrder, serviceNotification } from '../codec/wire-types.ts';
import { decryptWithAny, isOfOtherAlgorithm, readResource } from '../crypto/encryption.ts';
import {
  checkHeaders,
  type KeyRing,
  onlyValue,
  type SignedMessage,
  type VerificationFailure,
  verifyBody,
} from '../crypto/signature.ts';

/** A notification of WeChat Pay, verified and decrypted. */
export interface Notification {
  readonly id: string;
  readonly eventType: string;
  /** The decrypted JSON, unparsed: it may contain personal data. */
  readonly payload: string;
  /** The pay-after order in it, whatever the event type; null if there is none. */
  readonly order: PayAfterOrder | null;
  /** The service order in it: both products are notified at one URL, with the same event types. */
  readonly serviceOrder: ServiceOrder | null;
  /** What the user did to the service; null if the notification is about something else. */
  readonly service: Answer<typeof serviceNotification> | null;
}

/** A notification as it arrives; a body that is a function is read only if the headers are right. */
export interface ReceivedNotification {
  readonly header: SignedMessage['header'];
  /** The raw bytes as they arrived, before any parsing. */
  readonly body: Uint8Array | (() => Promise<Uint8Array>);
}

/** Not proved to be from WeChat Pay: respond 4xx and store nothing. */
export class UntrustedNotificationError extends Error {
  override readonly name = 'UntrustedNoticeError';
  readonly why: VerificationFailure['why'] | 'malformed';
  /** What to look at: the missing header, the clock offset, the serial number of the key. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    { why, ...details }: VerificationFailure | { readonly why: 'malformed' },
    serial = '',
  ) {
    super(`A notification was refused: ${why}.`);
    this.why = why;
    this.details = { ...details, ...(SERIAL.test(serial) && { serial }) };
  }
}

/** Nothing else that a stranger may send in the place of a serial number is ever shown. */
const SERIAL = /^(?:PUB_KEY_ID_\d{1,40}|[\dA-F]{1,40})$/i;

/**
 * From WeChat Pay, but not to be decrypted with these keys: respond 5xx, so that it is sent again
 * after the cause is fixed.
 */
export class UndecryptableNotificationError extends Error {
  override readonly name = 'UndecryptableNoticeError';
  readonly why: 'other-key' | 'other-algorithm';

  constructor(why: UndecryptableNotificationError['why']) {
    super(
      why === 'other-key'
        ? 'A notification could not be decrypted: check WECHAT_APIV3_KEY.'
        : 'A notification is encrypted by an algorithm other than AEAD_AES_256_GCM.',
    );
    this.why = why;
  }
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
 * Verifies the headers, then the raw bytes, then decrypts, then parses. If the key that it names is unknown or its
 * certificate is not valid, it waits until certificates have been downloaded again, unless that was
 * done a short time ago: WeChat Pay waits 5 s for a response.
 * @throws UntrustedNotificationError, UndecryptableNotificationError, and what reading the body throws
 */
export async function readNotification(
  { header, body: received }: ReceivedNotification,
  context: NotificationContext,
): Promise<Notification> {
  const { keys, now } = context;
  const serial = onlyValue(header('wechatpay-serial')) ?? '';
  let checked = checkHeaders(header, keys.find, now());
  if ('why' in checked && ABOUT_KEY.includes(checked.why)) {
    await keys.learn(serial, LEARN_MS);
    checked = checkHeaders(header, keys.find, now());
  }
  if ('why' in checked) {
    throw new UntrustedNotificationError(checked, serial);
  }
  const body = typeof received === 'function' ? await received() : received;
  const failure = verifyBody(checked, body);
  if (failure !== undefined) {
    throw new UntrustedNotificationError(failure, serial);
  }
  const envelope = parseObject(body);
  const id = envelope?.['id'];
  const eventType = envelope?.['event_type'];
  const resource = envelope?.['resource'];
  if (typeof id !== 'string' || id === '' || typeof eventType !== 'string' || !isObject(resource)) {
    throw new UntrustedNotificationError({ why: 'malformed' }, serial);
  }
  if (readResource(resource) === undefined) {
    throw new UntrustedNotificationError({ why: 'malformed' }, serial);
  }
  const payload = decrypt(resource, context.apiv3Keys);
  const wire = parseObject(Buffer.from(payload)) ?? {};
  const { onUnreadableField } = context;
  return {
    id,
    eventType,
    payload,
    ...(isOrderOf('SERVICE_ORDER', wire)
      ? { order: null, serviceOrder: decode(serviceOrder, wire, onUnreadableField) ?? null }
      : { order: decode(payAfterOrder, wire, onUnreadableField) ?? null, serviceOrder: null }),
    service: 'user_service_status' in wire ? readService(wire, onUnreadableField) : null,
  };
}

/** Some samples call the merchant `mch_id`. */
function readService(wire: Wire, drop: DropField): Notification['service'] {
  const { mch_id: mchid } = wire;
  return decode(serviceNotification, { mchid, ...wire }, drop) ?? null;
}

function decrypt(resource: Wire, keys: readonly string[]): string {
  if (isOfOtherAlgorithm(resource)) {
    throw new UndecryptableNotificationError('other-algorithm');
  }
  const payload = decryptWithAny(resource, keys);
  if (payload === undefined) {
    throw new UndecryptableNotificationError('other-key');
  }
  return payload;
}
