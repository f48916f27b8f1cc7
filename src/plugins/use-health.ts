import type { Plugin } from 'graphql-yoga';

export interface HealthOptions {
  /** Whether new requests are welcome; false while the server is stopping. */
  readonly isReady: () => boolean | Promise<boolean>;
}

/** `GET /health`: the process lives. `GET /ready`: it takes new requests. Neither has a body. */
export function useHealth({ isReady }: HealthOptions): Plugin {
  return {
    onRequest: async ({ url, endResponse, fetchAPI }) => {
      if (url.pathname === '/health') {
        endResponse(new fetchAPI.Response(null, { status: 200 }));
      } else if (url.pathname === '/ready') {
        endResponse(new fetchAPI.Response(null, { status: (await isReady()) ? 200 : 503 }));
      }
    },
  };
}
