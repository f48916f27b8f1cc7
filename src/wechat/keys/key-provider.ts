import type { X509Certificate } from 'node:crypto';
import type { CallContext } from '../calls/run-attempts.ts';
import { type CheckedOptions, checkOptions } from '../check-options.ts';
import {
  isUsable,
  type KeyRing,
  type MerchantCredential,
  type PlatformKey,
  type PlatformKeys,
  platformKeys,
} from '../crypto/signature.ts';
import {
  type AttemptReport,
  type WechatPayKeys,
  type WechatPayOptions,
  WechatPayOptionsError,
} from '../options.ts';
import { type CertificateSource, createCertificateStore } from './certificate-store.ts';
import {
  CERTIFICATES,
  downloadCertificates,
  type KeyTrial,
  tryKeys,
} from './download-certificates.ts';

/**
 * The keys of both sides. A call reads them once and finishes with them, even if they change
 * meanwhile.
 */
interface Keys {
  readonly credential: MerchantCredential;
  readonly keys: KeyRing;
  /** The current one first, then those that still decrypt during a key rotation. */
  readonly apiv3Keys: readonly string[];
}

export interface KeyProvider {
  readonly now: () => Keys;
  /** @throws WechatPayOptionsError, and then changes nothing */
  readonly change: (keys: WechatPayKeys) => void;
  /**
   * Makes one signed call with these keys, and changes nothing.
   * @throws WechatPayOptionsError
   */
  readonly tryOut: (keys: WechatPayKeys) => Promise<KeyTrial>;
  /** Resolves when a key is available, or when the first download of certificates has failed. */
  readonly ready: () => Promise<void>;
  readonly close: () => void;
}

type Downloading = Pick<CallContext, 'transport' | 'signingThread' | 'now' | 'onAttempt'> & {
  readonly timeoutMs: number;
};

/**
 * Keys that may be replaced while calls are in flight, and certificates that are renewed
 * automatically.
 */
export function createKeyProvider(
  options: WechatPayOptions,
  checked: CheckedOptions,
  { timeoutMs, ...base }: Downloading,
  onNews: NonNullable<WechatPayOptions['onCertificates']>,
): KeyProvider {
  let held: Keys;
  const measured = async <T>(call: () => Promise<T>): Promise<T> => {
    const startMs = performance.now();
    let result: Pick<AttemptReport, 'kind' | 'code'> = { kind: 'ambiguous', code: 'OTHER' };
    try {
      const value = await call();
      result = { kind: 'done', code: 'OK' };
      return value;
    } finally {
      base.onAttempt({
        endpoint: `GET ${CERTIFICATES}`,
        ...result,
        ms: performance.now() - startMs,
      });
    }
  };
  const download = () => measured(() => downloadCertificates({ ...base, ...held, timeoutMs }));
  const store =
    checked.certificates === 'auto'
      ? createCertificateStore(download, { now: () => performance.now(), onNews })
      : undefined;
  const assemble = ({ credential, publicKey, certificates, apiv3Keys }: CheckedOptions): Keys => {
    const fixed = certificates === 'auto' ? [] : certificates;
    const keys = keyRing(publicKey, store ?? fixedCertificates(fixed), base.now);
    return { credential, keys, apiv3Keys };
  };
  const check = (keys: WechatPayKeys): CheckedOptions => {
    const next = checkOptions({ ...options, ...keys });
    if ((next.certificates === 'auto') !== (store !== undefined)) {
      const problem = 'changes between PEM and auto: restart the server to apply it.';
      throw new WechatPayOptionsError([{ option: 'platformCertificates', problem }]);
    }
    return next;
  };
  held = assemble(checked);
  const tried = store?.begin();
  return {
    now: () => held,
    change: (keys) => {
      held = assemble(check(keys));
      // One that WeChat Pay has withdrawn is removed immediately, not at the next renewal.
      void store?.begin();
    },
    tryOut: (keys) => {
      const next = assemble(check(keys));
      return measured(() => tryKeys({ ...base, ...next, timeoutMs }));
    },
    ready: async () => {
      if (held.keys.current() === undefined) {
        await tried;
      }
    },
    close: () => store?.close(),
  };
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
function fixedCertificates(certificates: readonly X509Certificate[]): CertificateSource {
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
