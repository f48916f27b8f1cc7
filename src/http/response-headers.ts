/** Restrictions for browsers and caches, unless the response sets these headers itself. */
export const RESPONSE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** For pages of another origin that may send requests: what they may send, and read of the response. */
export const CORS_HEADERS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, x-request-id',
  'access-control-expose-headers':
    'ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id',
  'access-control-max-age': '600',
} as const;

export const REQUEST_ID = 'x-request-id';

export interface ResponseHeadersOptions {
  /** The id of the current request. */
  readonly requestId: () => string | undefined;
}

/** The JSON body of every response that rejects a request. */
export function errorBody({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string;
}): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}
