import { Pool } from 'undici';
import { CALLER } from './caller.ts';
import { at, parse } from './json.ts';
import type { Notification } from './notifications.ts';

/** Sends requests to one server. */
export interface Poster extends AsyncDisposable {
  /** The status of the response; 0 if there was none. */
  readonly notification: (notification: Pick<Notification, 'body' | 'headers'>) => Promise<number>;
  /** The `data` of the response, or the reason of the failure. */
  readonly graphql: (query: string, variables: object) => Promise<GraphqlAnswer>;
  /** Sends a raw body to /graphql; undefined if there was no response. */
  readonly send: (body: string | Uint8Array, headers?: Headers) => Promise<RawAnswer | undefined>;
  /** The text of a GET with status 200. */
  readonly text: (path: string) => Promise<string | undefined>;
  /** The status of a GET; 0 if there was no response. */
  readonly get: (path: string) => Promise<number>;
}

type GraphqlAnswer =
  | { readonly type: 'data'; readonly data: unknown }
  | { readonly type: 'errors'; readonly codes: readonly string[] }
  | { readonly type: 'no-answer' };

type Headers = Readonly<Record<string, string>>;

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly ms: number;
}

const ANSWER_MS = 20_000;

export function createPoster(url: string, connections: number, caller = CALLER): Poster {
  const timeouts = { headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS };
  const pool = new Pool(url, { connections, ...timeouts });
  const json = { 'content-type': 'application/json', ...caller };
  return {
    notification: async ({ body, headers }) => {
      try {
        const answer = await pool.request({
          method: 'POST',
          path: '/wechat/notify',
          headers,
          body,
        });
        await answer.body.dump();
        return answer.statusCode;
      } catch {
        return 0;
      }
    },
    graphql: async (query, variables) => {
      try {
        const body = JSON.stringify({ query, variables });
        const sent = { method: 'POST', path: '/graphql', headers: json, body } as const;
        const answer = await pool.request(sent);
        return read(parse(await answer.body.text()), answer.statusCode);
      } catch {
        return { type: 'no-answer' };
      }
    },
    send: async (body, given = json) => {
      const startMs = performance.now();
      try {
        const sent = { method: 'POST', path: '/graphql', headers: given, body } as const;
        const { statusCode, headers, body: answer } = await pool.request(sent);
        const text = await answer.text();
        return { status: statusCode, headers, text, ms: performance.now() - startMs };
      } catch {
        return undefined;
      }
    },
    text: async (path) => {
      const answer = await pool.request({ method: 'GET', path, headers: caller });
      const text = await answer.body.text();
      return answer.statusCode === 200 ? text : undefined;
    },
    get: async (path) => {
      try {
        const answer = await pool.request({ method: 'GET', path });
        await answer.body.dump();
        return answer.statusCode;
      } catch {
        return 0;
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function read(answer: unknown, status: number): GraphqlAnswer {
  const errors = at(answer, 'errors');
  if (Array.isArray(errors)) {
    return {
      type: 'errors',
      codes: errors.map((error: unknown) => String(at(error, 'extensions', 'code'))),
    };
  }
  const data = at(answer, 'data');
  return data === undefined || data === null
    ? { type: 'errors', codes: [`HTTP ${status}`] }
    : { type: 'data', data };
}
