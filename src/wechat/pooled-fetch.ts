import type { Dispatcher, Pool } from 'undici';

/** What goes over the wire, handed past fetch's Request, whose headers and body would be copied. */
export interface WireRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, percent-encoded: exactly what was signed. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** From now until the whole answer is there; connecting and waiting for a connection included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface WireInit extends RequestInit {
  readonly wire?: WireRequest;
}

/**
 * A `fetch` for ky over one undici Pool, measured at a third of what the platform's own costs.
 * The answer is read whole, so that the time-out covers the body too. Rejects with the reason of
 * the caller's own abort, with a `TimeoutError`, or with a network error as ky knows it.
 */
export function pooledFetch(pool: Pool) {
  return async (_: string | URL | Request, init?: WireInit): Promise<Response> => {
    const wire = init?.wire;
    if (wire === undefined) {
      throw new Error('pooledFetch is called by ky, with the option `wire`.');
    }
    const ending = endOf(wire);
    try {
      const { statusCode, headers, body } = await pool.request({
        method: wire.method,
        path: wire.target,
        headers: wire.headers,
        body: wire.body.length === 0 ? null : wire.body,
        signal: ending.signal,
      });
      const answer = new WholeAnswer(statusCode, headers, await body.bytes());
      // ky and we use just this part of a Response; a real one costs more than the signature's check.
      return answer as unknown as Response;
    } catch (error) {
      ending.signal.throwIfAborted();
      // The only form in which ky knows a network error.
      throw new TypeError('fetch failed', { cause: error });
    } finally {
      ending.forget();
    }
  };
}

/** The time-out and the caller's own signal as one, at a part of what `AbortSignal.any` costs. */
function endOf({ timeoutMs, signal }: WireRequest) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException('No answer in time.', 'TimeoutError'));
  }, timeoutMs);
  const follow = () => controller.abort(signal?.reason);
  if (signal?.aborted) {
    follow();
  }
  signal?.addEventListener('abort', follow);
  return {
    signal: controller.signal,
    forget: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', follow);
    },
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

class WholeAnswer {
  readonly [Symbol.toStringTag] = 'Response';
  readonly body = null;
  readonly type = 'default';
  readonly statusText = '';
  readonly ok: boolean;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly status: number;
  readonly #bytes: Uint8Array;

  constructor(status: number, headers: Headers, bytes: Uint8Array) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = { get: (name) => [headers[name.toLowerCase()] ?? []].flat()[0] ?? null };
    this.#bytes = bytes;
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes);
  }
}
