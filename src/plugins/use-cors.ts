import type { Plugin } from 'graphql-yoga';
import { isOwnOrigin, type OriginRule } from '../http/request-headers.ts';

export interface CorsOptions {
  /** Whose pages may send requests. */
  readonly allowsOrigin: OriginRule;
  /** Called with the origin of a page that may not. */
  readonly onRefusedOrigin: (origin: string) => void;
}

const CORS_HEADERS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, x-request-id',
  'access-control-expose-headers':
    'ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id',
  'access-control-max-age': '600',
} as const;

/** What a page of an allowed origin may send, and read of the response; for other pages nothing. */
export function useCors({ allowsOrigin, onRefusedOrigin }: CorsOptions): Plugin {
  return {
    onRequest: ({ request: { method, headers }, endResponse, fetchAPI }) => {
      if (method === 'OPTIONS' && allowsOrigin(headers.get('origin') ?? '')) {
        // Safari waits for a body if there is no length.
        const length = { 'content-length': '0' };
        endResponse(new fetchAPI.Response(null, { status: 204, headers: length }));
      }
    },
    onResponse: ({ request: { method, url, headers }, response }) => {
      const origin = headers.get('origin');
      if (origin === null) {
        return;
      }
      if (allowsOrigin(origin)) {
        response.headers.append('vary', 'origin');
        for (const [name, value] of Object.entries(CORS_HEADERS)) {
          response.headers.set(name, value);
        }
        response.headers.set('access-control-allow-origin', origin);
      } else if (method !== 'POST' && !isOwnOrigin(origin, new URL(url).host)) {
        // Pages send a preflight before each POST, and others than pages may send any Origin.
        onRefusedOrigin(origin);
      }
    },
  };
}
