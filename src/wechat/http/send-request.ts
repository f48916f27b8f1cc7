import type { Dispatcher, Pool } from 'undici';

/** The request as it is sent. */
export interface WireRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, percent-encoded: exactly what was signed. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /**
   * From now until the whole response has arrived, including connecting and waiting for a
   * connection.
   */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A whole response, unparsed. */
export interface BufferedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/**
 * Sends one request and reads its whole response with the callbacks of the connection pool: streams
 * and a combined abort signal would cost more than verifying the signature. Rejects with the reason
 * of the caller's own abort, with a `TimeoutError`, or with the TypeError that fetch throws for a
 * network error.
 */
export function sendRequest(pool: Pool, request: WireRequest): Promise<BufferedResponse> {
  const { method, target, headers, body, timeoutMs, signal } = request;
  return new Promise((resolve, reject) => {
    let underWay: Dispatcher.DispatchController | undefined;
    let ended = false;
    const end = () => {
      ended = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', follow);
    };
    const abort = (reason: unknown) => {
      end();
      reject(reason);
      underWay?.abort(givenUp());
    };
    const follow = () => abort(signal?.reason);
    const timer = setTimeout(() => {
      abort(new DOMException('The request timed out.', 'TimeoutError'));
    }, timeoutMs);
    if (signal?.aborted) {
      follow();
      return;
    }
    signal?.addEventListener('abort', follow);

    let answer: Omit<BufferedResponse, 'body'> | undefined;
    const chunks: Uint8Array[] = [];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        underWay = controller;
        if (ended) {
          controller.abort(givenUp());
        }
      },
      onResponseStart: (_, status, received) => {
        // Informational (1xx) responses come before the final one.
        answer = { status, headers: received };
      },
      onResponseData: (_, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => {
        end();
        if (answer === undefined) {
          reject(networkError(undefined));
        } else {
          resolve({ ...answer, body: whole(chunks) });
        }
      },
      onResponseError: (_, cause) => {
        end();
        reject(networkError(cause));
      },
    };
    const sent = body.length === 0 ? null : body;
    pool.dispatch({ method, path: target, headers, body: sent }, handler);
  });
}

const givenUp = () => new Error('The request was aborted.');

function networkError(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

function whole(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}
