import { type KeyObject, sign, verify, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';

const signAsync = promisify(sign);

export interface RequestToSign {
  readonly method: string;
  /** Path and query exactly as they are sent, percent-encoded. */
  readonly target: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly nonce: string;
  /** The bytes that are sent; empty for a request without a body. */
  readonly body: Uint8Array;
}

export interface MerchantCredential {
  readonly mchid: string;
  /** Serial number of the merchant API certificate, not of a WeChat Pay key. */
  readonly serial: string;
  readonly privateKey: KeyObject;
}

/**
 * The path is a line of the signed text, and servers resolve dot segments: a path that they could
 * read in another way is neither signed nor sent.
 * @throws RangeError
 */
export function checkPath(path: string): void {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /^[^?#]*\/(\.|%2e){1,2}([/?#]|$)/i.test(path)) {
    throw new RangeError(
      'A path starts with / and has only printable ASCII characters without spaces, and no segments . or ..; percent-encode everything else.',
    );
  }
}

/**
 * The five lines that WeChat Pay requires to be signed, each ended by a line feed, the last too.
 */
export function requestMessage(request: RequestToSign): Buffer {
  const { method, target, timestamp, nonce, body } = request;
  return Buffer.concat([
    Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n`),
    body,
    Buffer.from('\n'),
  ]);
}

/**
 * Which thread computes a signature, for 0.3 ms. `pool`: another one, and the event loop continues.
 * `main`: a call that is alone does not wait until another thread has woken up.
 */
export type SigningThread = 'main' | 'pool';

/** SHA256withRSA over a message, in Base64. */
export async function signature(
  message: Uint8Array,
  privateKey: KeyObject,
  thread: SigningThread = 'pool',
): Promise<string> {
  const bytes: Buffer =
    thread === 'main'
      ? sign('sha256', message, privateKey)
      : await signAsync('sha256', message, privateKey);
  return bytes.toString('base64');
}

/** The `Authorization` header of one attempt. */
export async function authorization(
  request: RequestToSign,
  { mchid, serial, privateKey }: MerchantCredential,
  thread?: SigningThread,
): Promise<string> {
  const signed = await signature(requestMessage(request), privateKey, thread);
  const { timestamp, nonce } = request;
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signed}",timestamp="${timestamp}",serial_no="${serial}"`;
}

/** WeChat Pay's rule: a message whose timestamp is off by more than five minutes is refused. */
const WINDOW_MS = 300_000;

export interface SignedMessage {
  readonly header: (name: string) => string | null;
  /** The raw bytes as they arrived, before any parsing. */
  readonly body: Uint8Array;
}

/** Why a message of WeChat Pay cannot be trusted. */
export type VerificationFailure =
  | { readonly why: 'unsigned'; readonly missing: string }
  | { readonly why: 'unreadable-header'; readonly header: string }
  | { readonly why: 'outside-window'; readonly offBySeconds: number }
  | { readonly why: 'unknown-serial' | InvalidCertificate }
  | { readonly why: 'probe' }
  | { readonly why: 'wrong-signature' };

/** Headers that WeChat Pay may have sent: only the signature over the body remains to be verified. */
export interface CheckedHeaders {
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
  readonly key: KeyObject;
}

/** The three lines that WeChat Pay signs, each ended by a line feed. */
export function answerMessage(timestamp: string, nonce: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
}

/**
 * Verifies a response or a notification: all four headers, the time window in both directions, a
 * valid key by serial number, the signature over the raw bytes. `undefined` means that it is from
 * WeChat Pay.
 * @param now Unix milliseconds.
 */
export function verifySignature(
  { header, body }: SignedMessage,
  keyOf: (serial: string) => FoundKey,
  now: number,
): VerificationFailure | undefined {
  const checked = checkHeaders(header, keyOf, now);
  return 'why' in checked ? checked : verifyBody(checked, body);
}

/** Everything that can be said before the body is there. */
export function checkHeaders(
  header: SignedMessage['header'],
  keyOf: (serial: string) => FoundKey,
  now: number,
): CheckedHeaders | VerificationFailure {
  const values = SIGNED.map((name) => onlyValue(header(name)));
  const [timestamp, nonce, signature, serial] = values;
  if (!timestamp || !nonce || !signature || !serial) {
    return { why: 'unsigned', missing: shown(values.findIndex((value) => !value)) };
  }
  const repeated = values.findIndex((value) => value?.includes(','));
  if (repeated >= 0 || !/^\d{1,12}$/.test(timestamp)) {
    return { why: 'unreadable-header', header: shown(Math.max(0, repeated)) };
  }
  const offByMs = now - Number(timestamp) * 1000;
  if (Math.abs(offByMs) > WINDOW_MS) {
    return { why: 'outside-window', offBySeconds: offByMs / 1000 };
  }
  const key = keyOf(serial);
  return isUsable(key) ? { timestamp, nonce, signature, key } : { why: key ?? 'unknown-serial' };
}

/** The signature over the raw bytes. */
export function verifyBody(
  { timestamp, nonce, signature, key }: CheckedHeaders,
  body: Uint8Array,
): VerificationFailure | undefined {
  const message = answerMessage(timestamp, nonce, body);
  if (verify('sha256', message, key, Buffer.from(signature, 'base64'))) {
    return undefined;
  }
  // Reported, but never accepted: WeChat Pay sends such signatures to test whether they are
  // rejected.
  return { why: signature.startsWith('WECHATPAY/SIGNTEST/') ? 'probe' : 'wrong-signature' };
}

const SIGNED = ['timestamp', 'nonce', 'signature', 'serial'].map((name) => `wechatpay-${name}`);

/** A gateway may send a header twice, which arrives as a list: equal values are one value. */
export function onlyValue(value: string | null): string | null {
  if (!value?.includes(',')) {
    return value;
  }
  const [first = '', ...others] = value.split(/, */);
  return others.every((other) => other === first) ? first : value;
}

/** As WeChat Pay writes it: `Wechatpay-Nonce`. */
function shown(index: number): string {
  return (SIGNED[index] ?? '').replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

export interface PlatformKey {
  /** The serial number of a certificate in upper-case hex, or a `PUB_KEY_ID_…`. */
  readonly serial: string;
  readonly key: KeyObject;
}

/** Why a known platform certificate is not used. */
type InvalidCertificate = 'expired-certificate' | 'not-yet-valid-certificate';

/** The key of a serial, or why it must not be used now; `undefined` for an unknown serial. */
export type FoundKey = KeyObject | InvalidCertificate | undefined;

export interface PlatformKeys {
  /** The key that a response names. */
  readonly find: (serial: string, nowMs: number) => FoundKey;
  /**
   * Encrypts sensitive fields and is named in every request, so that answers are signed with it;
   * `undefined` if no key is valid.
   */
  readonly preferred: (nowMs: number) => PlatformKey | undefined;
}

/**
 * WeChat Pay's current keys: if certificates are renewed automatically, they change while calls are
 * in flight.
 */
export interface KeyRing {
  /**
   * Encrypts sensitive fields and is named in every request, so that responses are signed with it;
   * undefined while no valid one is known.
   */
  readonly current: () => PlatformKey | undefined;
  readonly find: (serial: string) => FoundKey;
  /**
   * Downloads certificates if the serial has no valid key, or, without a serial, if there is none
   * at all; waits at most this long.
   */
  readonly learn: (serial: string | undefined, withinMs: number) => Promise<void>;
}

interface Entry {
  readonly key: PlatformKey;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * WeChat Pay's keys: public key and platform certificates together, as while a merchant switches
 * from one to the other. The public key is preferred: WeChat Pay requires its id in every call
 * during the switch; among valid certificates the newest is preferred. Validity is checked at each
 * use, because a certificate can expire long after it was read; its dates are parsed only once.
 */
export function platformKeys(
  publicKey: PlatformKey | undefined,
  certificates: readonly X509Certificate[],
): PlatformKeys {
  const newestFirst = certificates.map(entryOf).toSorted((one, other) => other.fromMs - one.fromMs);
  const entries = publicKey === undefined ? newestFirst : [unlimited(publicKey), ...newestFirst];
  const bySerial = new Map(entries.map((entry) => [entry.key.serial.toUpperCase(), entry]));
  return {
    find: (serial, nowMs) => {
      const entry = bySerial.get(serial.toUpperCase());
      return entry && (invalidity(entry, nowMs) ?? entry.key.key);
    },
    preferred: (nowMs) => entries.find((entry) => invalidity(entry, nowMs) === undefined)?.key,
  };
}

export function isUsable(found: FoundKey): found is KeyObject {
  return typeof found === 'object';
}

function entryOf(certificate: X509Certificate): Entry {
  return {
    key: { serial: certificate.serialNumber, key: certificate.publicKey },
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
  };
}

function unlimited(key: PlatformKey): Entry {
  return { key, fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
}

function invalidity({ fromMs, untilMs }: Entry, nowMs: number): InvalidCertificate | undefined {
  if (fromMs <= nowMs && nowMs < untilMs) {
    return undefined;
  }
  return nowMs < fromMs ? 'not-yet-valid-certificate' : 'expired-certificate';
}
