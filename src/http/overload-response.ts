import type { ServerResponse } from 'node:http';
import {
  ANSWER_HEADERS,
  type AnswerHeadersOptions,
  REQUEST_ID,
} from '../plugins/use-response-headers.ts';
import { overloadedAnswer } from './overloaded.ts';

/** Gives the answer of an overloaded server, at a tenth of what the way through Yoga costs it. */
export function createOverloadResponse({
  requestId,
}: AnswerHeadersOptions): (response: ServerResponse) => void {
  const { status, headers, body } = overloadedAnswer();
  const all = { ...ANSWER_HEADERS, ...headers, 'content-length': String(body.length) };
  return (response) => {
    response.sendDate = false;
    // One write of head and body: of letters that take a byte each.
    response.writeHead(status, { ...all, [REQUEST_ID]: requestId() }).end(body, 'latin1');
  };
}
