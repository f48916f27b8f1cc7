import type { Plugin } from 'graphql-yoga';
import {
  REQUEST_ID,
  RESPONSE_HEADERS,
  type ResponseHeadersOptions,
} from '../http/response-headers.ts';

/** On every response: {@link RESPONSE_HEADERS} and the id of the request. */
export function useResponseHeaders({ requestId }: ResponseHeadersOptions): Plugin {
  return {
    onResponse: ({ response: { headers } }) => {
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) {
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
