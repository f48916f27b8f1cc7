import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that wait on one connection, at most: who sends more of them is cut off. */
const MOST_WAITING = 64;

/**
 * Begins with a request when the one before it on its connection is answered. Node begins with all
 * that have come: who sends hundreds at once and reads nothing would have them all done.
 */
function oneByOne(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    const { socket } = request;
    const next = () => {
      const begin = socket.writable ? waiting.get(socket)?.shift() : undefined;
      if (begin === undefined) {
        waiting.delete(socket);
      } else {
        begin();
      }
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
    } else {
      socket.destroy();
    }
  };
}

/** How long, in ms, the server waits for its clients, and for how many it does. */
export interface HttpLimits {
  readonly headersMs: number;
  /** For the whole request, headers included. */
  readonly requestMs: number;
  /** For a client to read on, while there is something for it to read; Node sees it the second time. */
  readonly stalledMs: number;
  /** For the next request. */
  readonly idleMs: number;
  /** How often these are looked after. */
  readonly checkMs: number;
  readonly connections: number;
}

/**
 * Node's own would wait a minute for headers and five for a body, look only every 30 s, and wait for
 * ever for a client to read. One that reads nothing of a short answer looks idle.
 */
const LIMITS: HttpLimits = {
  headersMs: 5_000,
  requestMs: 10_000,
  stalledMs: 7_000,
  idleMs: 25_000,
  checkMs: 250,
  connections: 16_384,
};

/** Whoever finds this queue full tries again after a second, and then after three. The system may say less. */
const BACKLOG = 4_096;

/** An HTTP server that slow clients can't hold on to. */
export function createHttpServer(
  listener: RequestListener,
  changes: Partial<HttpLimits> = {},
): Server {
  const limits = { ...LIMITS, ...changes };
  // A stream that is read and a call that takes its time are no stalled answers.
  const onSilence = (socket: Socket) => {
    if (socket.writableLength > 0) {
      socket.destroy();
    } else {
      socket.setTimeout(limits.stalledMs);
    }
  };
  const underWay = new Set<ServerResponse>();
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.idleMs,
    },
    oneByOne((request, response) => {
      response.on('timeout', onSilence);
      underWay.add(response);
      response.once('close', () => underWay.delete(response));
      listener(request, response);
    }),
  );
  const looking = setInterval(() => pauseStalled(underWay), limits.checkMs).unref();
  server.once('close', () => clearInterval(looking));
  server.timeout = limits.stalledMs;
  server.maxConnections = limits.connections;
  return server;
}

/** Who does not read is not read from: else a byte of theirs now and then would pass for a sign of life. */
function pauseStalled(underWay: Iterable<ServerResponse>): void {
  for (const { socket } of underWay) {
    if (socket?.writableNeedDrain && !socket.isPaused()) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  }
}

/**
 * Lets calls through until the server stops; before that it only asks connections to close.
 * @param leaving not ready any more
 * @param stopping takes no more calls, but still says how it is
 */
export function refusing(
  listener: RequestListener,
  leaving: AbortSignal,
  stopping: AbortSignal,
): RequestListener {
  return (request, response) => {
    if (leaving.aborted) {
      response.setHeader('connection', 'close');
    }
    if (stopping.aborted && request.url !== '/health' && request.url !== '/ready') {
      response.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    listener(request, response);
  };
}

/** @returns the URL to reach it by */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const what = `Can't listen on ${host}:${port}. Is it taken? Set PORT (or HOST) to another.`;
      reject(new Error(what, { cause }));
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
