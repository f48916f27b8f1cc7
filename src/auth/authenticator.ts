import type { ApiKeyEntry } from './api-key-file.ts';
import { readApiKeyFile } from './api-key-file.ts';
import { createApiKeys } from './api-keys.ts';
import { ANYONE, type Caller } from './caller.ts';
import { createTokens, type TokenOptions } from './tokens.ts';

/** How callers show who they are. */
export type Authentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'required'; readonly ways: readonly [Way, ...Way[]] };

export type Way =
  | { readonly kind: 'api-keys'; readonly file: string; readonly keys: readonly ApiKeyEntry[] }
  | ({ readonly kind: 'jwt' } & TokenOptions);

/**
 * The caller; `refused`: no credential, or none that holds, whatever is wrong with it;
 * `unavailable`: nobody can tell just now.
 */
export type Verdict = Caller | 'refused' | 'unavailable';

export interface Authenticator {
  /** @param authorization `Bearer <id>.<secret>` or `Bearer <jwt>`: a header, or what stands for it */
  readonly authenticate: (authorization: unknown) => Verdict | Promise<Verdict>;
  /** False where everybody is let in. */
  readonly required: boolean;
  /** Reads the file of API keys again. Where it is bad, the keys that are known stay. */
  readonly reload: () => void;
}

export interface AccessLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

const BEARER = /^Bearer +([\w.~+/=-]{1,8192}) *$/i;

export function createAuthenticator(authentication: Authentication, log: AccessLog): Authenticator {
  if (authentication.kind === 'none') {
    return { required: false, authenticate: () => ANYONE, reload: () => {} };
  }
  const { ways } = authentication;
  const keyed = ways.find((way) => way.kind === 'api-keys');
  const signed = ways.find((way) => way.kind === 'jwt');
  const keys = createApiKeys(keyed?.keys ?? []);
  const tokens = signed && createTokens(signed, log);
  return {
    required: true,
    authenticate: (authorization) => {
      const credential = bearer(authorization);
      const [head = '', body = '', ...rest] = credential.split('.');
      return rest.length === 0
        ? (keys.find(head, body) ?? 'refused')
        : (tokens?.verify(credential) ?? 'refused');
    },
    reload: () => {
      const read = keyed && readApiKeyFile(keyed.file);
      if (read === undefined) {
        return;
      }
      if ('problems' in read) {
        const { problems } = read;
        log.error({ problems }, 'API_KEYS_FILE can not be used: the keys before it stay in use');
        return;
      }
      keys.replace(read);
      log.info({ keys: read.length }, 'API_KEYS_FILE was read again');
    },
  };
}

function bearer(authorization: unknown): string {
  return typeof authorization === 'string' ? (BEARER.exec(authorization)?.[1] ?? '') : '';
}
