import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
  type ResolvedKey,
} from 'jose';
import { fetchJson, type KeySource } from './fetch-json.ts';

/** The published keys of an issuer. */
export interface IssuerKeys {
  /** Undefined if there are none that may be used. */
  readonly current: () => Promise<JWTVerifyGetKey | undefined>;
  /** For an unknown key id. Undefined if they cannot be fetched: then the id may be valid. */
  readonly renewed: () => Promise<JWTVerifyGetKey | undefined>;
  readonly reload: () => Promise<void>;
  /** Aborted once the issuer no longer publishes this key, which verified a token. */
  readonly withdrawalOf: (key: VerifyingKey) => Promise<AbortSignal>;
}

type VerifyingKey = ResolvedKey['key'];

/** After the issuer's keys were fetched, an unknown key id is refused without another request. */
const COOLDOWN_MS = 30_000;
/** How long the keys are in use before they are fetched again. */
const KEYS_FRESH_MS = 600_000;
/** The back-off after a failure. */
const RETRY_MS = 5_000;
/** How long keys that cannot be refreshed stay in use. */
const STALE_MS = 3_600_000;

/**
 * Keys are in use for ten minutes; while the issuer does not respond, or publishes no usable key,
 * for an hour, and it is asked again every five seconds. It is asked every ten minutes also while no
 * token is verified: streams of a withdrawn key must end.
 * @param onFailure called for each failed request
 * @param now on the monotonic clock: a wall clock that is set back must not keep a withdrawn key
 */
export function createIssuerKeys(
  source: KeySource,
  onFailure: (error: unknown) => void,
  now: () => number,
): IssuerKeys {
  let known: { readonly keys: JWTVerifyGetKey; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let running: Promise<void> | undefined;
  let next: NodeJS.Timeout | undefined;
  const withdrawals = createWithdrawals();
  const fetchOnce = async () => {
    const at = now();
    clearTimeout(next);
    next = setTimeout(() => void refresh(), KEYS_FRESH_MS).unref();
    try {
      const set = keySet(await fetchJson(source));
      const thumbprints = await Promise.all(set.keys.map(thumbprintOf));
      known = { keys: createLocalJWKSet(set), at };
      failure = undefined;
      withdrawals.publish(thumbprints);
    } catch (error) {
      failure = { error, at: now() };
      onFailure(error);
    }
  };
  const refresh = () => {
    running ??= fetchOnce().finally(() => {
      running = undefined;
    });
    return running;
  };
  const age = () => (known === undefined ? Number.POSITIVE_INFINITY : now() - known.at);
  const isDue = (afterMs: number) =>
    failure === undefined ? age() >= afterMs : now() - failure.at >= RETRY_MS;
  return {
    current: async () => {
      if (isDue(KEYS_FRESH_MS)) {
        const refreshed = refresh();
        // While the issuer does not respond no caller waits for it, as long as its keys are in use.
        if (failure === undefined || age() >= STALE_MS) {
          await refreshed;
        }
      }
      return age() < (failure === undefined ? KEYS_FRESH_MS : STALE_MS) ? known?.keys : undefined;
    },
    renewed: async () => {
      if (isDue(COOLDOWN_MS)) {
        await refresh();
      }
      return failure === undefined ? known?.keys : undefined;
    },
    reload: async () => {
      // One that is under way may be from before the change.
      await running;
      await refresh();
      if (failure !== undefined) {
        throw failure.error;
      }
    },
    withdrawalOf: withdrawals.of,
  };
}

/** A signal for each key, by its thumbprint (RFC 7638): a key stays one under another id. */
function createWithdrawals() {
  let published = new Map<string, AbortController>();
  const known = new WeakMap<CryptoKey, Promise<string | undefined>>();
  const publish = (thumbprints: readonly (string | undefined)[]) => {
    const before = published;
    const usable = thumbprints.filter((one) => one !== undefined);
    published = new Map(usable.map((one) => [one, before.get(one) ?? new AbortController()]));
    for (const [thumbprint, withdrawal] of before) {
      if (!published.has(thumbprint)) {
        withdrawal.abort();
      }
    }
  };
  const of = async (key: VerifyingKey) => {
    if (!(key instanceof CryptoKey)) {
      return AbortSignal.abort();
    }
    const thumbprint = known.get(key) ?? exportJWK(key).then(thumbprintOf);
    known.set(key, thumbprint);
    return published.get((await thumbprint) ?? '')?.signal ?? AbortSignal.abort();
  };
  return { publish, of };
}

/** Undefined for a key of another kind, which verifies no token either. */
async function thumbprintOf(jwk: JWK): Promise<string | undefined> {
  return await calculateJwkThumbprint(jwk).catch(() => undefined);
}

/** A set without a usable key is a mistake of the issuer: it would refuse every token. */
function keySet(json: unknown): JSONWebKeySet {
  if (isKeySet(json) && json.keys.some(({ kty }) => ['RSA', 'EC', 'OKP'].includes(String(kty)))) {
    return json;
  }
  throw new Error('The issuer did not return a JSON Web Key Set with a public key.');
}

function isKeySet(json: unknown): json is JSONWebKeySet {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  return isObject(json) && 'keys' in json && Array.isArray(json.keys) && json.keys.every(isObject);
}
