import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKeyEntry } from './api-key-file.ts';
import type { Caller } from './caller.ts';
import { isExpired } from './credential-expiry.ts';

export interface ApiKeys {
  /** The caller whose key this is; undefined where it is nobody's, or no longer. */
  readonly find: (id: string, secret: string) => Caller | undefined;
  /** Other keys from now on: what runs under one that is gone, or was changed, ends. */
  readonly replace: (entries: readonly ApiKeyEntry[]) => void;
}

interface LiveKey {
  readonly entry: ApiKeyEntry;
  readonly caller: Caller;
  readonly revoke: () => void;
}

/** Stands in for the digest of an unknown id, so that it takes the same time. */
const NO_DIGEST = Buffer.alloc(32);

/** Keys by id; only the hashes of their secrets are kept. */
export function createApiKeys(entries: readonly ApiKeyEntry[]): ApiKeys {
  let keys = new Map(entries.map((entry) => [entry.id, liveKey(entry)]));
  return {
    find: (id, secret) => {
      const key = keys.get(id);
      const digest = hash('sha256', secret, 'buffer');
      const isRight = timingSafeEqual(digest, key?.entry.digest ?? NO_DIGEST);
      return key !== undefined && isRight && !isExpired(key.caller) ? key.caller : undefined;
    },
    replace: (next) => {
      const before = keys;
      keys = new Map(next.map((entry) => [entry.id, kept(before, entry) ?? liveKey(entry)]));
      for (const [id, key] of before) {
        if (keys.get(id) !== key) {
          key.revoke();
        }
      }
    },
  };
}

function liveKey(entry: ApiKeyEntry): LiveKey {
  const { client, scopes, expiresAt } = entry;
  const revoking = new AbortController();
  const caller = { id: client, scopes, openid: null, expiresAt, revoked: revoking.signal };
  return { entry, caller, revoke: () => revoking.abort() };
}

/** The key as it is, where nothing of it has changed. */
function kept(before: ReadonlyMap<string, LiveKey>, entry: ApiKeyEntry): LiveKey | undefined {
  const key = before.get(entry.id);
  const same =
    key?.entry.client === entry.client &&
    key.entry.expiresAt === entry.expiresAt &&
    key.entry.digest.equals(entry.digest) &&
    [...key.entry.scopes].join() === [...entry.scopes].join();
  return same ? key : undefined;
}
