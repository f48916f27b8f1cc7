import { hash, timingSafeEqual } from 'node:crypto';
import { type ApiKeyEntry, readApiKeyFile } from './api-key-file.ts';
import { ANYONE, type Caller } from './caller.ts';
import { isExpired } from './credential-expiry.ts';
import { createTokens, type FailedTokenCheck, type TokenOptions } from './tokens.ts';

/** Why a credential is refused, for the operator: nothing of the credential. */
export type FailedCredentialCheck =
  | FailedTokenCheck
  | 'no-bearer'
  | 'api-keys-are-off'
  | 'tokens-are-off'
  | 'unknown-key'
  | 'wrong-secret'
  | 'expired-key';

interface FailedCheck {
  readonly why: FailedCredentialCheck;
  /** An id of the file of API keys. */
  readonly keyId?: string;
}

interface ApiKeys {
  /** The caller with this key, or which check failed. */
  readonly find: (id: string, secret: string) => Caller | FailedCheck;
  /** Replaces the keys: streams of a removed or changed key end. */
  readonly replace: (entries: readonly ApiKeyEntry[]) => void;
}

interface LiveKey {
  readonly entry: ApiKeyEntry;
  readonly caller: Caller;
  readonly revoke: () => void;
}

/** Replaces the digest of an unknown id, so that it takes the same time. */
const NO_DIGEST = Buffer.alloc(32);

/** Keys by id; only the hashes of their secrets are kept. */
function createApiKeys(entries: readonly ApiKeyEntry[]): ApiKeys {
  let keys = new Map(entries.map((entry) => [entry.id, liveKey(entry)]));
  return {
    find: (id, secret) => {
      const key = keys.get(id);
      const digest = hash('sha256', secret, 'buffer');
      const isRight = timingSafeEqual(digest, key?.entry.digest ?? NO_DIGEST);
      if (key === undefined) {
        return { why: 'unknown-key' };
      }
      // The id is one of the file's, so that it may be logged.
      if (!isRight) {
        return { why: 'wrong-secret', keyId: id };
      }
      return isExpired(key.caller) ? { why: 'expired-key', keyId: id } : key.caller;
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
  const caller = {
    id: client,
    scopes,
    client,
    openid: null,
    expiresAt,
    revoked: revoking.signal,
  };
  return { entry, caller, revoke: () => revoking.abort() };
}

/** The existing key, if nothing of it has changed. */
function kept(before: ReadonlyMap<string, LiveKey>, entry: ApiKeyEntry): LiveKey | undefined {
  const key = before.get(entry.id);
  const same =
    key?.entry.client === entry.client &&
    key.entry.expiresAt === entry.expiresAt &&
    key.entry.digest.equals(entry.digest) &&
    [...key.entry.scopes].join() === [...entry.scopes].join();
  return same ? key : undefined;
}

/** How callers authenticate. */
export type Authentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'required'; readonly ways: readonly [Way, ...Way[]] };

export type Way =
  | { readonly kind: 'api-keys'; readonly file: string; readonly keys: readonly ApiKeyEntry[] }
  | ({ readonly kind: 'jwt' } & TokenOptions);

/**
 * The caller. `refused`: missing or invalid credential, for any reason. `unavailable`: it cannot be
 * checked now.
 */
export type AuthenticationResult = Caller | 'refused' | 'unavailable';

export interface Authenticator {
  /** @param authorization `Bearer <id>.<secret>` or `Bearer <jwt>`: a header or its equivalent */
  readonly authenticate: (
    authorization: unknown,
  ) => AuthenticationResult | Promise<AuthenticationResult>;
  /** False if every request is accepted. */
  readonly required: boolean;
  /** Reloads the file of API keys. If it is invalid, the current keys stay. */
  readonly reload: () => void;
  /** Fetches the keys of the issuer of tokens. Throws if that fails: the current keys stay. */
  readonly reloadTokens: () => Promise<void>;
}

export interface AccessLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** Lines that strangers can cause: the log has to limit them. */
export interface RefusalLog {
  readonly warn: (fields: Readonly<Record<string, string>>, message: string) => void;
}

const BEARER = /^Bearer +([\w.~+/=-]{1,8192}) *$/i;

/** @param refusals says which check failed; a missing credential is not logged */
export function createAuthenticator(
  authentication: Authentication,
  log: AccessLog,
  refusals: RefusalLog = { warn: () => {} },
): Authenticator {
  if (authentication.kind === 'none') {
    return {
      required: false,
      authenticate: () => ANYONE,
      reload: () => {},
      reloadTokens: async () => {},
    };
  }
  const { ways } = authentication;
  const keyed = ways.find((way) => way.kind === 'api-keys');
  const signed = ways.find((way) => way.kind === 'jwt');
  const keys = createApiKeys(keyed?.keys ?? []);
  const refused = (check: FailedCheck) => {
    refusals.warn({ ...check }, 'credential refused');
    return 'refused' as const;
  };
  const tokens = signed && createTokens(signed, log, (why) => refused({ why }));
  return {
    required: true,
    authenticate: (authorization) => {
      if (authorization === null || authorization === undefined) {
        return 'refused';
      }
      const credential = bearer(authorization);
      const [head = '', body = '', ...rest] = credential.split('.');
      if (credential === '') {
        return refused({ why: 'no-bearer' });
      }
      if (rest.length > 0) {
        return tokens?.verify(credential) ?? refused({ why: 'tokens-are-off' });
      }
      const found = keyed ? keys.find(head, body) : ({ why: 'api-keys-are-off' } as const);
      return 'why' in found ? refused(found) : found;
    },
    reloadTokens: async () => await tokens?.reload(),
    reload: () => {
      const read = keyed && readApiKeyFile(keyed.file);
      if (read === undefined) {
        return;
      }
      if ('problems' in read) {
        const { problems } = read;
        log.error({ problems }, 'API_KEYS_FILE is invalid, the previous keys stay in use');
        return;
      }
      keys.replace(read);
      log.info({ keys: read.length }, 'API_KEYS_FILE reloaded');
    },
  };
}

function bearer(authorization: unknown): string {
  return typeof authorization === 'string' ? (BEARER.exec(authorization)?.[1] ?? '') : '';
}
