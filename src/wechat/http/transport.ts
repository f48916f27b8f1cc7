import { setImmediate as nextTurn } from 'node:timers/promises';
import ky, { isTimeoutError } from 'ky';
import { type Dispatcher, Pool } from 'undici';
import { ALLOW_H2, createConnector, isConnectError } from './connector.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;
/** WeChat Pay closes idle connections after 8 s: ours have to be closed before. */
const IDLE_SOCKET_MS = 7_000;

/** The result of sending: a response of any status, or none. */
export type TransportResult =
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly header: (name: string) => string | null;
      readonly body: Uint8Array;
    }
  /** No byte of the request was sent. `spare`: there is another host to try. */
  | { readonly type: 'not-sent'; readonly cause: unknown; readonly spare?: boolean }
  | { readonly type: 'timed-out' | 'broken'; readonly cause: unknown };

export interface Transport {
  /** Throws only the reason of the caller's own abort. */
  readonly send: (request: WireRequest) => Promise<TransportResult>;
  /** Waits for the requests in flight. */
  readonly close: () => Promise<void>;
}

export interface TransportOptions {
  /** An origin, with a path or without: that is a prefix, and not signed. */
  readonly baseUrl: string;
  /** The time-out of one attempt; connecting has to fit well inside. */
  readonly attemptMs: number;
  /** The maximum number of open connections. */
  readonly connections: number;
  /** The URL of a forward proxy for https. */
  readonly proxy?: string | undefined;
}

/** HTTP to one origin over a bounded connection pool; redirects are not followed. */
export function createTransport(options: TransportOptions): Transport {
  const { baseUrl, attemptMs, connections, proxy } = options;
  const { origin, pathname, protocol } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections,
    allowH2: ALLOW_H2,
    keepAliveTimeout: IDLE_SOCKET_MS,
    keepAliveMaxTimeout: IDLE_SOCKET_MS,
    connect: createConnector(attemptMs * 0.7, protocol === 'https:' ? proxy : undefined),
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const fetch = pooledFetch(pool);
  return {
    send: async (signed) => {
      const wire = prefix === '' ? signed : { ...signed, target: prefix + signed.target };
      const { method } = wire;
      // The request has its own time-out: with a time-out and a signal, ky combines three signals
      // per call.
      const options = {
        fetch,
        wire,
        method,
        timeout: false,
        retry: 0,
        throwHttpErrors: false,
      } as const;
      try {
        const response = await ky(origin + wire.target, options);
        const header = (name: string) => response.headers.get(name);
        return { type: 'answered', status: response.status, header, body: await response.bytes() };
      } catch (error) {
        wire.signal?.throwIfAborted();
        return { type: failure(error), cause: error };
      }
    },
    close: () => pool.close(),
  };
}

function failure(error: unknown): 'not-sent' | 'timed-out' | 'broken' {
  if (isTimeoutError(error)) {
    return 'timed-out';
  }
  return isConnectError(error) ? 'not-sent' : 'broken';
}

interface WireInit extends RequestInit {
  /** Bypasses fetch's Request, which would copy headers and body. */
  readonly wire?: WireRequest;
}

/**
 * A `fetch` for ky over one undici Pool; it costs a third of the platform's own (measured). Rejects
 * as {@link sendRequest} does, with the errors that ky expects of fetch.
 */
function pooledFetch(pool: Pool) {
  return async (_: string | URL | Request, init?: WireInit): Promise<Response> => {
    if (init?.wire === undefined) {
      throw new Error('pooledFetch is called by ky, with the option `wire`.');
    }
    const answer = await sendRequest(pool, init.wire);
    // The pool frees the connection after this turn: a call that follows immediately would open
    // another one.
    await nextTurn();
    // ky and this client use only this part of a Response; a real one costs more than verifying the
    // signature.
    return new WholeAnswer(answer) as unknown as Response;
  };
}

class WholeAnswer {
  readonly [Symbol.toStringTag] = 'Response';
  readonly body = null;
  readonly type = 'default';
  readonly statusText = '';
  readonly ok: boolean;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly status: number;
  readonly #bytes: Uint8Array;

  constructor({ status, headers, body }: BufferedResponse) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = {
      get: (name) => {
        const value = headers[name.toLowerCase()];
        return (typeof value === 'object' ? value[0] : value) ?? null;
      },
    };
    this.#bytes = body;
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes);
  }
}

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
