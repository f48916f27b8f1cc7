import type { NotAccepted } from './attempts.ts';
import { WechatUnavailableError } from './errors.ts';
import { held } from './guard.ts';
import type { KeyRing } from './key-ring.ts';
import type { PlatformKey } from './platform-keys.ts';

const RETRY_MS = 2_000;

/** Without a key nothing can be encrypted for WeChat Pay, and no answer of it be trusted. */
export function noKey(): NotAccepted {
  return held('No key of WeChat Pay is there: its certificates could not be downloaded.', RETRY_MS);
}

/** @throws WechatUnavailableError while there is none */
export function keyToEncrypt(keys: KeyRing): PlatformKey {
  const current = keys.current();
  if (current === undefined) {
    const { what, ...details } = noKey();
    throw new WechatUnavailableError(what, details);
  }
  return current;
}
