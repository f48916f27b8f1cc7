import { ProxyAgent, fetch as undiciFetch } from 'undici';

const FETCH_TIMEOUT_MS = 3_000;
/** A set with the certificate chains of ten keys has 60 KB. */
const MAX_KEY_SET_BYTES = 256 * 1024;

export interface KeySource {
  readonly url: string;
  /** The URL of a forward proxy. */
  readonly proxy: string | undefined;
}

/**
 * GET of a key set, through a forward proxy if there is one.
 * @throws if the response is not 200, late, too long or not JSON
 */
export async function fetchJson({ url, proxy }: KeySource): Promise<unknown> {
  const init = {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  } as const;
  // One for each request, because there are minutes between them.
  const dispatcher = proxy === undefined ? undefined : new ProxyAgent(proxy);
  try {
    return await readJson(
      dispatcher ? await undiciFetch(url, { ...init, dispatcher }) : await fetch(url, init),
    );
  } finally {
    await dispatcher?.close();
  }
}

async function readJson(
  response: Pick<Response, 'status'> & {
    readonly body: (AsyncIterable<Uint8Array> & { cancel: () => Promise<void> }) | null;
  },
): Promise<unknown> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The issuer returned status ${response.status}.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_KEY_SET_BYTES) {
      throw new Error(`The issuer returned more than ${MAX_KEY_SET_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
