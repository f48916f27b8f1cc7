import type { Plugin } from 'graphql-yoga';

/** The rest of a body that is too long is not read: nothing can follow it on that connection. */
export function useClosingRefusals(): Plugin {
  return {
    onResponse: ({ response }) => {
      if (response.status === 413) {
        response.headers.set('connection', 'close');
      }
    },
  };
}
