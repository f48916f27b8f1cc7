import type { Plugin } from 'graphql-yoga';

export interface AnswerHeadersOptions {
  /** What the request is called. */
  readonly requestId: () => string | undefined;
}

/** What browsers and caches must not do with an answer, unless it says otherwise itself. */
export const ANSWER_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
export const REQUEST_ID = 'x-request-id';

/** On every answer: {@link ANSWER_HEADERS}, and what the request is called. */
export function useResponseHeaders({ requestId }: AnswerHeadersOptions): Plugin {
  return {
    onResponse: ({ response: { headers } }) => {
      for (const [name, value] of Object.entries(ANSWER_HEADERS)) {
        if (!headers.has(name)) {
          headers.set(name, value);
        }
      }
      const id = requestId();
      if (id !== undefined) {
        headers.set(REQUEST_ID, id);
      }
    },
  };
}
