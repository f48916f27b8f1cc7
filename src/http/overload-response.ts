import type { ServerResponse } from 'node:http';
import { overloadedResponse } from './overloaded.ts';
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
