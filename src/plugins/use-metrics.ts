import type { Plugin } from 'graphql-yoga';
import { type CallerContext, isAllowed } from '../auth/caller-of.ts';

export interface MetricsOptions {
  readonly show: () => Promise<string>;
  readonly contentType: string;
  /** Told the status of answers that turn a request away. */
  readonly refused: (status: number) => void;
}

const PATH = '/metrics';
const REFUSALS = new Set([401, 403, 405, 413, 415, 429, 503]);

/** `GET /metrics`, for callers with the scope metrics:read. To be listed after authentication. */
export function useMetrics(options: MetricsOptions): Plugin<object, CallerContext> {
  const { show, contentType, refused } = options;
  return {
    onRequest: async ({ request, url, serverContext, endResponse, fetchAPI }) => {
      if (url.pathname !== PATH) {
        return;
      }
      if (request.method !== 'GET') {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: 'GET' } }));
      } else if (!isAllowed(serverContext, 'metrics:read')) {
        endResponse(new fetchAPI.Response(null, { status: 403 }));
      } else {
        const headers = { 'content-type': contentType };
        endResponse(new fetchAPI.Response(await show(), { headers }));
      }
    },
    onResponse: ({ response: { status } }) => {
      if (REFUSALS.has(status)) {
        refused(status);
      }
    },
  };
}
