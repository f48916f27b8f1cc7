import type { Plugin } from 'graphql-yoga';

/**
 * GraphQL by `POST application/json` and nothing else, so that no page of another origin can have a
 * browser send a call by a plain form or link.
 */
export function useJsonOnly({ endpoint }: { readonly endpoint: string }): Plugin {
  return {
    onRequest: ({ request, url, endResponse, fetchAPI }) => {
      if (url.pathname !== endpoint) {
        const ends = [endpoint, `${endpoint}/`];
        // Yoga would take these for its endpoint, past what is looked at here.
        if (ends.some((end) => url.pathname === end || request.url.endsWith(end))) {
          endResponse(new fetchAPI.Response(null, { status: 404 }));
        }
        return;
      }
      if (request.method !== 'POST' && request.method !== 'OPTIONS') {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: 'POST' } }));
        return;
      }
      const [mediaType] = (request.headers.get('content-type') ?? '').split(';', 1);
      if (request.method === 'POST' && mediaType?.trim().toLowerCase() !== 'application/json') {
        endResponse(
          new fetchAPI.Response(null, {
            status: 415,
            headers: { 'accept-post': 'application/json' },
          }),
        );
      }
    },
  };
}
