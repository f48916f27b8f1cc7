import type { NotAccepted } from '../calls/retry-policy.ts';
import { WechatUnavailableError } from '../errors.ts';
import { blockedLocally } from '../resilience/resilience.ts';
import type { KeyRing } from './key-ring.ts';
import type { PlatformKey } from './platform-keys.ts';

const RETRY_MS = 2_000;

const NO_KEY =
  'No valid WeChat Pay public key or platform certificate is available: configure the public key, or check that the platform certificates have not expired and can be downloaded.';

/** Without a valid key nothing can be encrypted for WeChat Pay, and no answer can be verified. */
export function noValidKey(): NotAccepted {
  return blockedLocally(NO_KEY, RETRY_MS);
}

/** @throws WechatUnavailableError while there is no valid key */
export function requireEncryptionKey(keys: KeyRing): PlatformKey {
  const current = keys.current();
  if (current === undefined) {
    // A write cannot wait for a download before it is prepared; its repeat finds the result.
    void keys.learn(undefined, 0);
    const { what, ...details } = noValidKey();
    throw new WechatUnavailableError(what, details);
  }
  return current;
}
