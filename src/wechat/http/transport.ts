import ky, { isTimeoutError } from 'ky';
import { Pool } from 'undici';
import { createConnector, isConnectError } from './connector.ts';
import { pooledFetch } from './pooled-fetch.ts';
import type { WireRequest } from './send-request.ts';

/** What came of sending: an answer of whatever status, or none. */
export type TransportResult =
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly header: (name: string) => string | null;
      readonly body: Uint8Array;
    }
  /** No byte of the request left this machine. `spare`: there is another host to try. */
  | { readonly type: 'not-sent'; readonly cause: unknown; readonly spare?: boolean }
  | { readonly type: 'timed-out' | 'broken'; readonly cause: unknown };

export interface Transport {
  /** Throws only the reason of the caller's own abort. */
  readonly send: (request: WireRequest) => Promise<TransportResult>;
  /** Waits for what is in flight. */
  readonly close: () => Promise<void>;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
/** WeChat closes idle connections after 8 s: ours have to be gone before. */
const IDLE_SOCKET_MS = 7_000;

/**
 * HTTP to one origin over a bounded pool of connections; redirects are not followed.
 * @param attemptMs the longest that one attempt takes; connecting has to fit well inside.
 * @param connections the most that are open at once
 */
export function createTransport(origin: string, attemptMs: number, connections: number): Transport {
  const pool = new Pool(origin, {
    connections,
    keepAliveTimeout: IDLE_SOCKET_MS,
    keepAliveMaxTimeout: IDLE_SOCKET_MS,
    connect: createConnector(attemptMs * 0.7),
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const fetch = pooledFetch(pool);
  return {
    send: async (wire) => {
      const { method } = wire;
      // The exchange has the time-out: with a time-out and a signal, ky joins three signals a call.
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
