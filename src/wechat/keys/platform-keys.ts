import type { KeyObject, X509Certificate } from 'node:crypto';

export interface PlatformKey {
  /** A certificate's serial in upper-case hex, or a `PUB_KEY_ID_…`. */
  readonly serial: string;
  readonly key: KeyObject;
}

/** Why a platform certificate is not used although it is known. */
export type InvalidCertificate = 'expired-certificate' | 'not-yet-valid-certificate';

/** The key of a serial, or why it must not be used now; `undefined` for an unknown serial. */
export type FoundKey = KeyObject | InvalidCertificate | undefined;

export interface PlatformKeys {
  /** The key that an answer names. */
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
 * WeChat Pay's keys, public key and platform certificates side by side, as it is while a merchant
 * switches from one to the other. The public key is preferred: WeChat asks for its id in every
 * call during the switch; among valid certificates the newest is. Validity is judged at each use,
 * because a certificate can expire long after it was read; its dates are parsed only once.
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
