import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorBody, RESPONSE_HEADERS } from './response-headers.ts';

/** Why Node has rejected what came over a connection. */
const REFUSALS = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'The request did not arrive in time, and was not executed. Send it again.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'REQUEST_HEADERS_TOO_LARGE',
    message:
      'The URL and the headers together are longer than 16 KB. Send the operation by POST, with fewer headers.',
  },
} as const;
const NOT_HTTP = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The request is not valid HTTP/1.1, and was not executed.',
};
const NO_EXPECTATION = {
  status: 417,
  code: 'BAD_REQUEST',
  message: 'The header Expect is not supported, except for `100-continue`. Send the body with it.',
};
/** How long a client that still sends may take to read the response. */
const LINGER_MS = 500;

/**
 * What Node rejects before there is a request has the JSON body of all errors too, unless a response
 * has begun on the connection, which is then closed.
 * @param underWay responses that are not complete
 * @param onRejected called with the code of each response
 */
export function answerUnreadable(
  server: Server,
  underWay: Iterable<ServerResponse>,
  onRejected: (code: string) => void,
): void {
  const newest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => newest.set(socket, response));
  const expected = new WeakSet<Duplex>();
  server.on('clientError', (error, socket) => {
    const answer = () => {
      const last = newest.get(socket);
      if (last?.socket === null && !last.req.complete) {
        // Answered already, before its body: another answer would be taken for that to the next one.
        socket.destroy();
      } else if (socket.writable) {
        const code = 'code' in error ? String(error.code) : '';
        const refusal = Object.entries(REFUSALS).find(([name]) => name === code)?.[1] ?? NOT_HTTP;
        onRejected(refusal.code);
        closeWith(socket, refusal);
      }
    };
    const first = [...underWay].find((one) => one.socket === socket);
    if (!socket.writable || first?.headersSent) {
      socket.destroy();
    } else if (!first?.req.complete) {
      answer();
    } else if (!expected.has(socket)) {
      // That it was not executed would be taken for the answer to this one, which is being executed.
      expected.add(socket);
      first.once('finish', answer);
    }
  });
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const { status, ...error } = NO_EXPECTATION;
    onRejected(error.code);
    const headers = { ...RESPONSE_HEADERS, 'content-type': TYPE, connection: 'close' };
    response.writeHead(status, headers).end(errorBody(error));
  });
}

const TYPE = 'application/json; charset=utf-8';

/** A connection that is closed with unread bytes is reset, and its client may not see the response. */
function closeWith(socket: Duplex, { status, ...error }: typeof NOT_HTTP): void {
  const body = errorBody(error);
  const headers = {
    ...RESPONSE_HEADERS,
    'content-type': TYPE,
    'content-length': String(body.length),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`, 'latin1');
  const close = () => void socket.destroy();
  const late = setTimeout(close, LINGER_MS).unref();
  socket.once('close', () => clearTimeout(late)).once('end', close);
}
