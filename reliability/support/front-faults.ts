import type { FrontFault } from './tls-front.ts';

/** More than the server reads of any response. */
const OVERSIZE_BYTES = 2 * 1024 * 1024;

/** Every fault of a request or a response in transit. */
export const FRONT_FAULTS = {
  resetBefore: { takesEffect: false, answer: (_, __, socket) => void socket.resetAndDestroy() },
  resetAfter: { takesEffect: true, answer: (_, __, socket) => void socket.resetAndDestroy() },
  silence: {
    takesEffect: true,
    answer: (response, { headers }) => {
      response.writeHead(200, headers).flushHeaders();
    },
  },
  truncated: {
    takesEffect: true,
    answer: (response, { status, headers, body }, socket) => {
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.write(body.subarray(0, body.length / 2), () => socket.end());
    },
  },
  oversize: {
    takesEffect: true,
    answer: (response, { status, headers }) => {
      const { 'content-length': _, ...kept } = headers;
      response.writeHead(status, kept).end(Buffer.alloc(OVERSIZE_BYTES, ' '));
    },
  },
  html: {
    takesEffect: true,
    answer: (response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
    },
  },
  serverError: {
    takesEffect: true,
    answer: (response) => {
      const body = JSON.stringify({ code: 'SYSTEM_ERROR', message: '系统错误' });
      response.writeHead(500, { 'content-type': 'application/json' }).end(body);
    },
  },
  noContent: {
    takesEffect: true,
    answer: (response) => {
      response.writeHead(204).end();
    },
  },
  tooMany: { takesEffect: false, answer: (response) => tooMany(response, {}) },
  tooManyLater: {
    takesEffect: false,
    answer: (response) => tooMany(response, { 'retry-after': '7' }),
  },
} as const satisfies Readonly<Record<string, FrontFault>>;

function tooMany(response: Parameters<FrontFault['answer']>[0], headers: object): void {
  const body = JSON.stringify({ code: 'RATELIMIT_EXCEEDED', message: '频率超限' });
  response.writeHead(429, { 'content-type': 'application/json', ...headers }).end(body);
}

/** A refusal without a signature, as a proxy may give it. */
export function unsignedRefusal(status: number, code: string, takesEffect: boolean): FrontFault {
  return {
    takesEffect,
    answer: (response) => {
      const body = JSON.stringify({ code, message: '拒绝' });
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    },
  };
}
