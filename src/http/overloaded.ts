import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { REQUEST_ID, RESPONSE_HEADERS, type ResponseHeadersOptions } from './response-headers.ts';

/** Sends the response of an overloaded server, at a tenth of what the path through Yoga costs. */
export function createOverloadResponse({
  requestId,
}: ResponseHeadersOptions): (response: ServerResponse) => void {
  const { status, headers, body } = overloadedResponse();
  const all = { ...RESPONSE_HEADERS, ...headers, 'content-length': String(body.length) };
  return (response) => {
    response.sendDate = false;
    // One write of head and body, of letters that take a byte each.
    response.writeHead(status, { ...all, [REQUEST_ID]: requestId() }).end(body, 'latin1');
  };
}

const STATUS = 503;
const RETRY_AFTER_S = 1;

/** The server has more to do than it can: come again after a second. */
export function overloaded(): GraphQLError {
  return new GraphQLError(
    'The server has too much to do. Nothing was done: repeat the call later.',
    {
      extensions: {
        code: 'OVERLOADED',
        retryAfterSeconds: RETRY_AFTER_S,
        http: { status: STATUS, headers: { 'retry-after': String(RETRY_AFTER_S) } },
      },
    },
  );
}

/** The same as a whole answer: made once, since it is given most often when there is no time. */
export function overloadedResponse() {
  const { message, extensions } = overloaded();
  const { http: _, ...told } = extensions;
  return {
    status: STATUS,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'retry-after': String(RETRY_AFTER_S),
    },
    body: JSON.stringify({ errors: [{ message, extensions: told }] }),
  };
}
