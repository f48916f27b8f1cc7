/** Fetches the keys of an issuer, gently where it does not answer. */
export interface KeyFetch {
  readonly fetch: (url: string, options: RequestInit) => Promise<Response>;
  /** Whether the last look failed: who shows an unknown key may be right then. */
  readonly isFailing: () => boolean;
}

/** How long an issuer that does not answer is left alone. */
const RETRY_MS = 5_000;
/** How long keys that can't be fetched again are still taken for the issuer's. */
const STALE_MS = 3_600_000;

/**
 * While the issuer does not answer, the keys that are known stay good for an hour.
 * @param onFailure told of each look that failed
 */
export function createKeyFetch(onFailure: (error: unknown) => void): KeyFetch {
  let known: { readonly keys: object; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  const look = async (url: string, options: RequestInit) => {
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) {
        throw new Error(`The issuer answered with status ${response.status}.`);
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
  throw new Error('The issuer did not answer with a set of keys.');
}
