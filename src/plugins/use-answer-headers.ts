import type { Plugin } from 'graphql-yoga';

export interface AnswerHeadersOptions {
  /** What the request is called. */
  readonly requestId: () => string | undefined;
}

/** On every answer: what browsers and caches must not do with it, and what the request is called. */
export function useAnswerHeaders({ requestId }: AnswerHeadersOptions): Plugin {
  return {
    onResponse: ({ response: { headers } }) => {
      headers.set('x-content-type-options', 'nosniff');
      headers.set('referrer-policy', 'no-referrer');
      if (!headers.has('cache-control')) {
        headers.set('cache-control', 'no-store');
      }
      if (!headers.has('content-security-policy')) {
        headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
      }
      const id = requestId();
      if (id !== undefined) {
        headers.set('x-request-id', id);
      }
    },
  };
}
