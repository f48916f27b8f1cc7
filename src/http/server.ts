import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { TargetProblem } from './request-headers.ts';
import { errorBody, RESPONSE_HEADERS } from './response-headers.ts';
import { createIdleTimeout, dropUnread, pauseStalled } from './slow-clients.ts';
import { answerUnreadable } from './unreadable.ts';

/** Maximum requests queued on one connection: a client that sends more is disconnected. */
const MOST_WAITING = 64;

/**
 * Starts a request when the one before it on its connection is answered. Node starts all requests
 * that have arrived: a client that sends hundreds together and reads nothing would have all of them
 * executed. While requests wait, no more is read from their connection than the piece of at most
 * 64 KB that Node has begun: behind a stream that stays open they would wait for hours.
 */
function oneByOne(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    const { socket } = request;
    const next = () => {
      const line = waiting.get(socket);
      const begin = socket.writable ? line?.shift() : undefined;
      if (begin === undefined) {
        waiting.delete(socket);
        return;
      }
      if (line?.length === 0) {
        socket.resume();
      }
      begin();
    };
    const begin = () => {
      response.once('close', next);
      listener(request, response);
    };
    const line = waiting.get(socket);
    if (line === undefined) {
      waiting.set(socket, []);
      begin();
    } else if (line.length < MOST_WAITING) {
      line.push(begin);
      socket.pause();
    } else {
      socket.destroy();
    }
  };
}

/** How long, in ms, the server waits for clients, and its maximum number of connections. */
export interface HttpLimits {
  readonly headersMs: number;
  /** For the whole request, including headers. */
  readonly requestMs: number;
  /**
   * For a client to continue reading a pending response; checked periodically, so it takes effect
   * at the second check.
   */
  readonly stalledMs: number;
  /** For the next request (keep-alive). */
  readonly idleMs: number;
  /** The interval of these checks. */
  readonly checkMs: number;
  readonly connections: number;
  /** Of all answers that clients have not read; checked at the same interval. */
  readonly unreadBytes: number;
}

/**
 * Node's defaults would wait a minute for headers and five for a body, check only every 30 s, and
 * wait without limit for a client to read. A client that reads nothing of a short response looks
 * idle.
 */
const LIMITS: HttpLimits = {
  headersMs: 5_000,
  requestMs: 10_000,
  stalledMs: 7_000,
  idleMs: 25_000,
  checkMs: 250,
  connections: 16_384,
  unreadBytes: 64 * 1024 * 1024,
};

/** SYN backlog; clients beyond it retry after 1 s, then 3 s. The OS may lower it. */
const BACKLOG = 4_096;

/** Answers a request before anything else is done for it; false if it has not. */
export type TurnAway = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * An HTTP server whose connections slow clients cannot occupy.
 * @param turnAway called first, because under overload most requests are only refused: only with
 * requests whose turn it is on their connection, and which do not close it
 * @param onUnreadable called with the code of the response to what is no request
 */
export function createHttpServer(
  listener: RequestListener,
  changes: Partial<HttpLimits> = {},
  turnAway: TurnAway = () => false,
  onUnreadable: (code: string) => void = () => {},
): Server {
  const limits = { ...LIMITS, ...changes };
  // A stream that is read, and a slow operation, are not stalled responses.
  const onSilence = (socket: Socket) => {
    if (socket.writableLength > 0) {
      socket.destroy();
    } else {
      socket.setTimeout(limits.stalledMs);
    }
  };
  const underWay = new Set<ServerResponse>();
  const upgraded = new WeakSet<Socket>();
  const inTurn = oneByOne((request, response) => {
    response.on('timeout', onSilence);
    // Before Node's own listener, which closes the connection.
    response.prependOnceListener('finish', () => lingerOver(request));
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    listener(request, response);
  });
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.idleMs,
      // requestGate refuses such a request with a body.
      requireHostHeader: false,
      // Java's HttpClient offers h2c with each request: only WebSockets are upgraded.
      shouldUpgradeCallback: ({ headers, socket }) => {
        const isUpgrade = headers.upgrade?.toLowerCase() === 'websocket';
        if (isUpgrade) {
          upgraded.add(socket);
        }
        return isUpgrade;
      },
    },
    (request, response) => {
      // A response has its socket once those before it are complete.
      const isNext = response.socket !== null && response.shouldKeepAlive;
      if (!(isNext && turnAway(request, response))) {
        inTurn(request, response);
      }
    },
  );
  answerUnreadable(server, underWay, onUnreadable);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const closeIdle = createIdleTimeout(limits.idleMs);
  const look = () => {
    const busy = new Set([...underWay].map(({ socket }) => socket));
    closeIdle(sockets, (socket) => busy.has(socket) || upgraded.has(socket));
    pauseStalled(underWay);
    dropUnread(sockets, limits.unreadBytes);
  };
  const looking = setInterval(look, limits.checkMs).unref();
  server.once('close', () => clearInterval(looking));
  server.timeout = limits.stalledMs;
  server.maxConnections = limits.connections;
  return server;
}

/** How long the rest of a rejected request is read and dropped before its connection is closed. */
const LINGER_MS = 500;

/**
 * A connection that is closed with unread bytes is reset: a proxy that still sends the body would
 * lose the response, and answer 502.
 */
function lingerOver(request: IncomingMessage): void {
  const { socket } = request;
  if (request.complete) {
    return;
  }
  socket.destroySoon = () => {
    socket.end();
    const close = () => void socket.destroy();
    const late = setTimeout(close, LINGER_MS).unref();
    socket.once('close', () => clearTimeout(late)).once('end', close);
    request.once('close', close).resume();
  };
}

/** Rejects a request with a problem, as JSON, before anything else sees it. */
export function rejecting(
  listener: RequestListener,
  problemOf: (request: IncomingMessage) => TargetProblem | undefined,
  onRejected: (status: number, request: IncomingMessage) => void = () => {},
): RequestListener {
  return (request, response) => {
    const problem = problemOf(request);
    if (problem === undefined) {
      listener(request, response);
      return;
    }
    const body = problemBody(problem);
    // The rest of the request is not read.
    const headers = { 'content-type': 'application/json', connection: 'close' };
    response.writeHead(problem.status, { ...RESPONSE_HEADERS, ...headers }).end(body);
    onRejected(problem.status, request);
  };
}

/** The JSON body of a response to a request with a problem. */
export function problemBody({ status, message }: TargetProblem): string {
  return errorBody({ code: problemCode(status), message });
}

/** The code of a request with a problem, by its HTTP status. */
export function problemCode(status: number): string {
  return status === 400 ? 'BAD_REQUEST' : 'FORBIDDEN';
}

/** Why a call is refused once the server stops, over every transport. */
export const SHUTTING_DOWN = {
  code: 'SHUTTING_DOWN',
  message: 'The server is shutting down. Nothing was executed; retry on another instance.',
} as const;

/**
 * Accepts calls until the server stops; before that it asks clients to close connections.
 * @param leaving not ready
 * @param stopping rejects calls, but still reports its health
 */
export function refusing(
  listener: RequestListener,
  leaving: AbortSignal,
  stopping: AbortSignal,
  onRejected: (code: string) => void = () => {},
): RequestListener {
  return (request, response) => {
    if (leaving.aborted) {
      response.setHeader('connection', 'close');
    }
    if (stopping.aborted && request.url !== '/health' && request.url !== '/ready') {
      onRejected(SHUTTING_DOWN.code);
      const headers = { 'content-type': 'application/json', 'retry-after': '1' };
      response.writeHead(503, { ...RESPONSE_HEADERS, ...headers }).end(errorBody(SHUTTING_DOWN));
      return;
    }
    listener(request, response);
  };
}

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Set PORT to another, or stop the process that uses it.',
  EACCES: 'This user may not use it: set PORT to one above 1023, or grant CAP_NET_BIND_SERVICE.',
  EADDRNOTAVAIL: 'This machine does not have the address: set HOST to one of its own, or 0.0.0.0.',
  ENOTFOUND: 'The name cannot be resolved: set HOST to an address.',
};

/** @returns the URL of the server */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : 'unknown';
      const advice = LISTEN_ADVICE[code] ?? 'Set PORT or HOST to another.';
      reject(new Error(`Can't listen on ${host}:${port} (${code}). ${advice}`, { cause }));
    });
    server.listen({ port, host, backlog: BACKLOG }, () => {
      const name = host.includes(':') ? `[${host}]` : host;
      resolve(`http://${name}:${portOf(server)}`);
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
