import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import { fetchJson, type KeySource } from './fetch-json.ts';

/** The keys of an issuer, as it published them at one time. */
export interface IssuerKeySet {
  readonly find: JWTVerifyGetKey;
  /**
   * By the key id of a token, which may have none: aborted once the issuer publishes other keys with
   * this id, or no longer any.
   */
  readonly withdrawals: Withdrawals;
}

/** The published keys of an issuer. */
export interface IssuerKeys {
  /** Undefined if there are none that may be used. */
  readonly current: () => Promise<IssuerKeySet | undefined>;
  /** For an unknown key id. Undefined if they cannot be fetched: then the id may be valid. */
  readonly renewed: () => Promise<IssuerKeySet | undefined>;
  readonly reload: () => Promise<void>;
}

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
  let known: { readonly keys: IssuerKeySet; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let running: Promise<void> | undefined;
  let next: NodeJS.Timeout | undefined;
  const fetchOnce = async () => {
    const at = now();
    clearTimeout(next);
    next = setTimeout(() => void refresh(), KEYS_FRESH_MS).unref();
    try {
      known = { keys: createKeySet(keySet(await fetchJson(source)), known?.keys), at };
      failure = undefined;
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
  };
}

type Withdrawals = ReadonlyMap<string | undefined, Withdrawal>;

interface Withdrawal {
  /** The keys with this id. */
  readonly material: string;
  readonly abort: AbortController;
}

/** @param before keys that are still the same keep their signals; the others' are aborted */
function createKeySet(published: JSONWebKeySet, before?: IssuerKeySet): IssuerKeySet {
  const { keys } = published;
  const find = createLocalJWKSet(published);
  const withdrawals: Withdrawals = new Map(
    [undefined, ...keys.map(({ kid }) => kid)].map((kid) => {
      const material = materialOf(keys.filter((key) => kid === undefined || key.kid === kid));
      const known = before?.withdrawals.get(kid);
      return [
        kid,
        known?.material === material ? known : { material, abort: new AbortController() },
      ];
    }),
  );
  for (const [kid, withdrawal] of before?.withdrawals ?? []) {
    if (withdrawals.get(kid) !== withdrawal) {
      withdrawal.abort.abort();
    }
  }
  return { find, withdrawals };
}

/** What a signature is verified with, whatever the issuer says about it. */
function materialOf(keys: readonly JWK[]): string {
  return JSON.stringify(
    keys.map(({ kty, crv, n, e, x, y }) => [kty, crv, n, e, x, y].join()).sort(),
  );
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
