import type { ServerResponse } from 'node:http';
import { overloaded } from './admission.ts';

const { message, extensions } = overloaded();
const { http: _, ...told } = extensions;
const BODY = JSON.stringify({ errors: [{ message, extensions: told }] });
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(Buffer.byteLength(BODY)),
  'cache-control': 'no-store',
  'retry-after': '1',
};

/** The answer of an overloaded server, at a tenth of what the way through Yoga costs it. */
export function turnAway(response: ServerResponse): void {
  response.writeHead(503, HEADERS).end(BODY);
}
