import { createHash } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import { type Caller, knownScopes } from './caller.ts';

export interface TokenOptions {
  /** The URL of the issuer's keys. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

export interface Tokens {
  /**
   * The caller that a token identifies; `unavailable` if the issuer's keys cannot be fetched now.
   */
  readonly verify: (token: string) => Promise<Caller | 'refused' | 'unavailable'>;
}

export interface TokenLog {
  readonly warn: (fields: object, message: string) => void;
}

/** Only signatures with private keys: never a shared secret, never none. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
].concat('EdDSA', 'Ed25519');
/** The allowed clock skew of the issuer. */
const CLOCK_TOLERANCE_S = 10;
/** After the issuer's keys were fetched, an unknown key id is refused without another request. */
const COOLDOWN_MS = 30_000;
const KEYS_FRESH_MS = 600_000;
const FETCH_TIMEOUT_MS = 3_000;
const LONGEST_OPENID = 128;
const CLIENT = /^[\w.:/@-]{1,128}$/;

/**
 * JSON Web Tokens of one issuer, verified with its published keys.
 * @param onRefused called with the check that failed: one of few words, nothing of the token
 */
export function createTokens(
  { jwksUrl, issuer, audience }: TokenOptions,
  log: TokenLog,
  onRefused: (why: string) => void = () => {},
): Tokens {
  const keyFetch = createKeyFetch((err) => {
    log.warn({ err }, 'fetching the keys of JWKS_URL failed: tokens that need them get 503');
  });
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_FRESH_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: keyFetch.fetch,
  });
  const options = {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  const refused = (why: string) => {
    onRefused(why);
    return 'refused' as const;
  };
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys, options);
        return hasExpired(payload) ? refused('exp') : callerOf(payload);
      } catch (error) {
        const unknownKey = error instanceof errors.JWKSNoMatchingKey;
        return isFaultOfToken(error) && !(unknownKey && keyFetch.isFailing())
          ? refused(failedCheck(error, issuer))
          : 'unavailable';
      }
    },
  };
}

/** jose compares whole seconds, so it would accept a fraction of a second in `exp` for too long. */
function hasExpired({ exp = 0 }: JWTPayload): boolean {
  return Date.now() >= (exp + CLOCK_TOLERANCE_S) * 1_000;
}

/** The claim, or the part of the token, that is wrong: one of few words. */
function failedCheck(error: unknown, issuer: string): string {
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = error;
    const isSlash = claim === 'iss' && withoutSlash(payload.iss) === withoutSlash(issuer);
    return isSlash ? 'iss-but-for-a-slash' : claim;
  }
  const [, word] = FAULTS.find(([kind]) => error instanceof kind) ?? [];
  return word ?? 'malformed';
}

function withoutSlash(issuer: string | undefined): string | undefined {
  return issuer?.replace(/\/$/, '');
}

const FAULTS = [
  [errors.JWSSignatureVerificationFailed, 'signature'],
  [errors.JOSEAlgNotAllowed, 'alg'],
  [errors.JOSENotSupported, 'alg'],
  [errors.JWKSNoMatchingKey, 'kid'],
  [errors.JWKSMultipleMatchingKeys, 'kid-missing'],
] as const;

function isFaultOfToken(error: unknown): boolean {
  return [
    errors.JWTExpired,
    errors.JWTClaimValidationFailed,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

function callerOf({ iss, sub, exp, scope, openid, client_id, azp }: JWTPayload): Caller {
  const isOpenid = typeof openid === 'string' && openid !== '' && openid.length <= LONGEST_OPENID;
  return {
    id: `jwt:${shortHash(`${iss}\n${sub ?? (isOpenid ? openid : '')}`)}`,
    scopes: knownScopes(typeof scope === 'string' ? scope.split(' ') : []),
    client: clientIn(client_id) ?? clientIn(azp),
    openid: isOpenid ? openid : null,
    expiresAt: exp === undefined ? null : exp * 1_000,
  };
}

/** RFC 9068 has `client_id`, OpenID Connect `azp`. What is no such id is left out. */
function clientIn(claim: unknown): string | null {
  return typeof claim === 'string' && CLIENT.test(claim) ? claim : null;
}

/** A subject may be a phone number. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** Fetches the keys of an issuer, with back-off if it does not respond. */
interface KeyFetch {
  readonly fetch: (url: string, options: RequestInit) => Promise<Response>;
  /** Whether the last request failed: then an unknown key id may be valid. */
  readonly isFailing: () => boolean;
}

/** The back-off after a failure. */
const RETRY_MS = 5_000;
/** How long keys that cannot be refreshed stay in use. */
const STALE_MS = 3_600_000;

/**
 * While the issuer does not respond, the cached keys stay valid for an hour.
 * @param onFailure called for each failed request
 */
function createKeyFetch(onFailure: (error: unknown) => void): KeyFetch {
  let known: { readonly keys: object; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  const look = async (url: string, options: RequestInit) => {
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) {
        throw new Error(`The issuer returned status ${response.status}.`);
      }
      known = { keys: keySet(await response.json()), at: Date.now() };
      failure = undefined;
    } catch (error) {
      failure = { error, at: Date.now() };
      onFailure(error);
    }
  };
  return {
    isFailing: () => failure !== undefined,
    fetch: async (url, options) => {
      if (failure === undefined || Date.now() - failure.at >= RETRY_MS) {
        await look(url, options);
      }
      if (known === undefined || (failure && Date.now() - known.at >= STALE_MS)) {
        throw failure?.error;
      }
      return Response.json(known.keys);
    },
  };
}

function keySet(json: unknown): object {
  if (typeof json === 'object' && json !== null && 'keys' in json && Array.isArray(json.keys)) {
    return json;
  }
  throw new Error('The issuer did not return a JSON Web Key Set.');
}
