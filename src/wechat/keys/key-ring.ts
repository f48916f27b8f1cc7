import type { KeyObject, X509Certificate } from 'node:crypto';
import { blockedLocally, type NotAccepted } from '../calls/retry-policy.ts';
import { WechatUnavailableError } from '../errors.ts';

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

/** Certificates that are renewed automatically. */
export interface CertificateSource {
  /** A new array whenever they have changed. */
  readonly certificates: () => readonly X509Certificate[];
  readonly learn: (serial: string | undefined) => Promise<void>;
}

export function keyRing(
  publicKey: PlatformKey | undefined,
  source: CertificateSource,
  now: () => number,
): KeyRing {
  let read: readonly X509Certificate[] | undefined;
  let keys: PlatformKeys | undefined;
  const latest = (): PlatformKeys => {
    const certificates = source.certificates();
    if (keys === undefined || certificates !== read) {
      read = certificates;
      keys = platformKeys(publicKey, certificates);
    }
    return keys;
  };
  const find = (serial: string) => latest().find(serial, now());
  const current = () => latest().preferred(now());
  return {
    current,
    find,
    learn: async (serial, withinMs) => {
      if (serial === undefined ? current() === undefined : !isUsable(find(serial))) {
        await within(withinMs, source.learn(serial?.toUpperCase()));
      }
    },
  };
}

/** Certificates from the configuration: nothing to download. */
export function fixedCertificates(certificates: readonly X509Certificate[]): CertificateSource {
  return { certificates: () => certificates, learn: () => Promise.resolve() };
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms));
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}

const RETRY_MS = 2_000;

const NO_KEY =
  'No valid WeChat Pay public key or platform certificate is available: configure the public key, or check that the platform certificates have not expired and can be downloaded.';

/**
 * Without a valid key no field can be encrypted for WeChat Pay, and no response can be verified.
 */
export function noValidKey(): NotAccepted {
  return blockedLocally('NO_KEY', NO_KEY, RETRY_MS);
}

/** @throws WechatUnavailableError while there is no valid key */
export function requireEncryptionKey(keys: KeyRing): PlatformKey {
  const current = keys.current();
  if (current === undefined) {
    // A write cannot wait for a download before it is prepared; its retry finds the result.
    void keys.learn(undefined, 0);
    const { what, ...details } = noValidKey();
    throw new WechatUnavailableError(what, details);
  }
  return current;
}

export interface PlatformKey {
  /** The serial number of a certificate in upper-case hex, or a `PUB_KEY_ID_…`. */
  readonly serial: string;
  readonly key: KeyObject;
}

/** Why a known platform certificate is not used. */
export type InvalidCertificate = 'expired-certificate' | 'not-yet-valid-certificate';

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
