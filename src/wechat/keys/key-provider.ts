import type { AttemptReport } from '../calls/retry-policy.ts';
import type { CallContext } from '../calls/run-attempts.ts';
import { type CheckedOptions, checkOptions } from '../check-options.ts';
import type { MerchantCredential } from '../crypto/signature.ts';
import { type WechatPayKeys, type WechatPayOptions, WechatPayOptionsError } from '../options.ts';
import { createCertificateStore } from './certificate-store.ts';
import {
  CERTIFICATES,
  downloadCertificates,
  type KeyTrial,
  tryKeys,
} from './download-certificates.ts';
import { fixedCertificates, type KeyRing, keyRing } from './key-ring.ts';

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

type Downloading = Pick<CallContext, 'transport' | 'now' | 'onAttempt'> & {
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
      // One that WeChat Pay has withdrawn is forgotten at once, not at the next renewal.
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
