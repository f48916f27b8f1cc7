import type { X509Certificate } from 'node:crypto';
import {
  type FoundKey,
  isUsable,
  type PlatformKey,
  type PlatformKeys,
  platformKeys,
} from './platform-keys.ts';

/** WeChat Pay's keys as they are now: where certificates renew themselves they change while calls go on. */
export interface KeyRing {
  /**
   * Encrypts sensitive fields and is named in every request, so that answers are signed with it;
   * undefined while no valid one is known.
   */
  readonly current: () => PlatformKey | undefined;
  readonly find: (serial: string) => FoundKey;
  /**
   * Downloads certificates if the serial has no valid key, or, without a serial, if there is none
   * at all; waits so long at most.
   */
  readonly learn: (serial: string | undefined, withinMs: number) => Promise<void>;
}

/** Certificates that come and go. */
export interface CertificateSource {
  /** Another array whenever they have changed. */
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

/** Certificates from the configuration: there is nothing to learn. */
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
