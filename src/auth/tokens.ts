import { createHash } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { type Caller, knownScopes } from './caller.ts';
import { createIssuerKeys, type IssuerKeySet } from './issuer-keys.ts';

export interface TokenOptions {
  /** The URL of the issuer's keys. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the scopes, as a text or as a list; `scope` if omitted. */
  readonly scopeClaim?: string | undefined;
  /** The claim with the user's openid; `openid` if omitted. */
  readonly openidClaim?: string | undefined;
  /** The URL of a forward proxy for `jwksUrl`. */
  readonly proxy?: string | undefined;
}

export interface Tokens {
  /**
   * The caller that a token identifies; `unavailable` if the issuer's keys cannot be fetched now.
   */
  readonly verify: (token: string) => Promise<Caller | 'refused' | 'unavailable'>;
  /**
   * Fetches the issuer's keys now: a withdrawn one is refused from then on, and the streams of its
   * tokens end. Throws if it fails.
   */
  readonly reload: () => Promise<void>;
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
const LONGEST_OPENID = 128;
const CLIENT = /^[\w.:/@-]{1,128}$/;

/**
 * JSON Web Tokens of one issuer, verified with its published keys.
 * @param onRefused called with the check that failed: one of few words, nothing of the token
 */
export function createTokens(
  { jwksUrl, issuer, audience, scopeClaim, openidClaim, proxy }: TokenOptions,
  log: TokenLog,
  onRefused: (why: FailedTokenCheck) => void = () => {},
  monotonicMs: () => number = () => performance.now(),
): Tokens {
  const onFailure = (err: unknown) =>
    log.warn({ err }, 'fetching the keys of JWKS_URL failed: tokens that need them get 503');
  const issuerKeys = createIssuerKeys({ url: jwksUrl, proxy }, onFailure, monotonicMs);
  const options = {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    requiredClaims: ['exp'],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  const refused = (why: FailedTokenCheck) => {
    onRefused(why);
    return 'refused' as const;
  };
  const check = async (token: string, { find, withdrawals }: IssuerKeySet) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, find, options);
      if (Date.now() >= expiryOf(payload)) {
        return 'exp';
      }
      const revoked = withdrawals.get(protectedHeader.kid)?.abort.signal;
      return revoked === undefined || revoked.aborted
        ? UNKNOWN_KEY
        : { ...callerOf(payload, { scopeClaim, openidClaim }), revoked };
    } catch (error) {
      return isFaultOfToken(error) ? failedCheck(error, issuer) : undefined;
    }
  };
  return {
    verify: async (token) => {
      const keys = await issuerKeys.current();
      let result = keys && (await check(token, keys));
      if (keys !== undefined && result === UNKNOWN_KEY) {
        const renewed = await issuerKeys.renewed();
        result = renewed && (renewed === keys ? result : await check(token, renewed));
      }
      return typeof result === 'string' ? refused(result) : (result ?? 'unavailable');
    },
    reload: issuerKeys.reload,
  };
}

/**
 * Unix ms, for requests and streams alike. jose compares whole seconds, so it would accept a fraction
 * of a second in `exp` for too long.
 */
function expiryOf({ exp = 0 }: JWTPayload): number {
  return (exp + CLOCK_TOLERANCE_S) * 1_000;
}

const CLAIMS = ['aud', 'exp', 'iat', 'iss', 'nbf'] as const;

/** The claim, or the part of the token, that is wrong. */
export type FailedTokenCheck =
  | (typeof CLAIMS)[number]
  | 'iss-but-for-a-slash'
  | (typeof FAULTS)[number][1]
  | 'malformed';

function failedCheck(error: unknown, issuer: string): FailedTokenCheck {
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = error;
    const isSlash = claim === 'iss' && withoutSlash(payload.iss) === withoutSlash(issuer);
    return isSlash ? 'iss-but-for-a-slash' : (CLAIMS.find((one) => one === claim) ?? 'malformed');
  }
  const [, word] = FAULTS.find(([kind]) => error instanceof kind) ?? [];
  return word ?? 'malformed';
}

function withoutSlash(issuer: string | undefined): string | undefined {
  return issuer?.replace(/\/$/, '');
}

const UNKNOWN_KEY = 'kid';
const FAULTS = [
  [errors.JWSSignatureVerificationFailed, 'signature'],
  [errors.JOSEAlgNotAllowed, 'alg'],
  [errors.JOSENotSupported, 'alg'],
  [errors.JWKSNoMatchingKey, UNKNOWN_KEY],
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

interface Claims {
  readonly scopeClaim: string | undefined;
  readonly openidClaim: string | undefined;
}

function callerOf(
  payload: JWTPayload,
  { scopeClaim = 'scope', openidClaim = 'openid' }: Claims,
): Caller {
  const { iss, sub, client_id, azp } = payload;
  const openid = payload[openidClaim];
  const isOpenid = typeof openid === 'string' && openid !== '' && openid.length <= LONGEST_OPENID;
  return {
    id: `jwt:${shortHash(`${iss}\n${sub ?? (isOpenid ? openid : '')}`)}`,
    scopes: knownScopes(wordsOf(payload[scopeClaim])),
    client: clientIn(client_id) ?? clientIn(azp),
    openid: isOpenid ? openid : null,
    expiresAt: expiryOf(payload),
  };
}

/** Words of a text, as in RFC 9068, or of a list, as some issuers have it. */
function wordsOf(claim: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return texts.flatMap((text) => (typeof text === 'string' ? text.split(' ') : []));
}

/** RFC 9068 has `client_id`, OpenID Connect `azp`. Any other value is omitted. */
function clientIn(claim: unknown): string | null {
  return typeof claim === 'string' && CLIENT.test(claim) ? claim : null;
}

/** A subject may be a phone number. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
