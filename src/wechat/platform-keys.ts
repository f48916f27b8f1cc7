import type { KeyObject, X509Certificate } from 'node:crypto';

export interface PlatformKey {
  /** A certificate's serial in upper-case hex, or a `PUB_KEY_ID_…`. */
  readonly serial: string;
  readonly key: KeyObject;
}

export interface PlatformKeys {
  /** The key that an answer names, or `undefined`. */
  readonly find: (serial: string) => KeyObject | undefined;
  /** Encrypts sensitive fields and is named in every request, so that answers are signed with it. */
  readonly preferred: PlatformKey;
}

/**
 * WeChat Pay's keys, public key and platform certificates side by side, as it is while a merchant
 * switches from one to the other. The public key is preferred: WeChat asks for its id in every
 * call during the switch; among certificates the newest that is valid.
 * @param now Unix ms
 */
export function platformKeys(
  publicKey: PlatformKey | undefined,
  certificates: readonly X509Certificate[],
  now: number,
): PlatformKeys | undefined {
  const validFirst = certificates
    .toSorted(
      (one, other) =>
        Number(isValid(other, now)) - Number(isValid(one, now)) ||
        other.validFromDate.getTime() - one.validFromDate.getTime(),
    )
    .map((certificate) => ({ serial: certificate.serialNumber, key: certificate.publicKey }));
  const keys = publicKey === undefined ? validFirst : [publicKey, ...validFirst];
  const bySerial = new Map(keys.map(({ serial, key }) => [serial.toUpperCase(), key]));
  const [preferred] = keys;
  return preferred && { find: (serial) => bySerial.get(serial.toUpperCase()), preferred };
}

function isValid({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now < validToDate.getTime();
}
