import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionArgs, GraphQLError, GraphQLFormattedError } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type OperationResult } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Caller } from '../auth/caller.ts';
import { isExpired, onExpiry } from '../auth/credential-expiry.ts';
import { isOwnOrigin, type OriginRule, type TargetProblem } from './request-headers.ts';
import { RESPONSE_HEADERS } from './response-headers.ts';
import { problemBody } from './server.ts';

/** GraphQL for a transport other than HTTP: the same engine and the same plugins. */
export interface GraphQLEngine {
  readonly authenticate: Authenticator['authenticate'];
  /**
   * Admits, parses and validates an operation; or returns the errors of one that is not executed.
   */
  readonly prepare: (
    request: PreparedRequest,
    by: {
      readonly caller: Caller;
      readonly req: IncomingMessage;
      /** Aborted when the client disconnects. */
      readonly signal: AbortSignal;
    },
  ) => Promise<ExecutionArgs | readonly GraphQLError[]>;
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
  /** The errors for a client: without the caller's values. */
  readonly format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[];
  readonly credentialExpired: () => GraphQLError;
  /** Called with the code of a connection or an operation that is not accepted. */
  readonly onRejected: (code: string, caller?: string) => void;
  /** Called with what nothing else has handled. */
  readonly onFault: (error: unknown) => void;
}

interface PreparedRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

export interface WebSocketOptions {
  readonly path: string;
  /** Whose pages may connect, in addition to those of this server. */
  readonly allowsOrigin: OriginRule;
  /** Called with the origin of a page that may not connect. */
  readonly onRefusedOrigin: (origin: string) => void;
  /** Why a request is rejected whatever it wants, if it is. */
  readonly problemOf: (request: IncomingMessage) => TargetProblem | undefined;
  /** Called with the status of a handshake that is refused. */
  readonly onRejected?: (status: number) => void;
}

const FOREIGN_PAGE: TargetProblem = {
  status: 403,
  message: 'Pages of this origin may not connect. Add it to CORS_ORIGINS.',
};

const MAX_MESSAGE_BYTES = 64 * 1024;
/**
 * Each piece of a message costs a hundred times a byte until the message is whole, and a stranger may
 * send one before it authenticates. Clients send one fragment; a network may cut it into some hundred
 * pieces.
 */
const MAX_PIECES = { maxFragments: 64, maxBufferedChunks: 1_024 };
/** How long closing may take: first of each stream, then of each connection. */
const COMPLETE_MS = 500;
const CLOSE_MS = 1_000;
/** graphql-ws's code for an invalid credential; 1013 asks the client to reconnect later. */
const UNAUTHORIZED = 4401;
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;
/** A client that does not answer a ping until the next one is disconnected. */
const PING_MS = 12_000;
/** The streams of a caller whose credential has expired report that first. */
const ENDED_MS = 100;

/**
 * GraphQL over WebSocket (graphql-transport-ws), because mini programs cannot stream fetch
 * responses.
 * @returns how to close the connection of every client
 */
export function serveWebSocket(
  server: Server,
  engine: GraphQLEngine,
  { path, allowsOrigin, onRefusedOrigin, problemOf, onRejected }: WebSocketOptions,
): () => Promise<void> {
  const { authenticate, prepare, execute, subscribe, format, credentialExpired } = engine;
  // A browser sends the origin of the page, but no preflight for a WebSocket.
  const pageProblem = ({ headers: { origin, host } }: IncomingMessage) => {
    if (origin === undefined || isOwnOrigin(origin, host) || allowsOrigin(origin)) {
      return undefined;
    }
    onRefusedOrigin(origin);
    return FOREIGN_PAGE;
  };
  const sockets = new WebSocketServer({
    server,
    path,
    handleProtocols,
    maxPayload: MAX_MESSAGE_BYTES,
    ...MAX_PIECES,
    verifyClient: ({ req }, answer) => {
      const problem = problemOf(req) ?? pageProblem(req);
      if (problem === undefined) {
        answer(true);
        return;
      }
      const headers = { ...RESPONSE_HEADERS, 'Content-Type': 'application/json' };
      answer(false, problem.status, problemBody(problem), headers);
      onRejected?.(problem.status);
    },
  });
  const streams = new Set<object>();
  const callers = new WeakMap<object, Caller>();
  const served = makeServer<Record<string, unknown>, Connection>({
    onConnect: async ({ connectionParams, extra: { socket } }) => {
      const result = await authenticate(authorizationIn(connectionParams));
      if (typeof result === 'string') {
        const unknown = result === 'refused';
        engine.onRejected(unknown ? 'UNAUTHENTICATED' : 'AUTHENTICATION_UNAVAILABLE');
        socket.close(unknown ? UNAUTHORIZED : TRY_AGAIN_LATER, unknown ? 'Unauthorized' : '');
        return false;
      }
      if (socket.readyState !== socket.OPEN) {
        // It has emitted `close` already, and nothing would end what waits for that.
        return false;
      }
      callers.set(socket, result);
      const stop = onExpiry(result, () => {
        setTimeout(() => socket.close(UNAUTHORIZED, 'Unauthorized'), ENDED_MS).unref();
      });
      socket.once('close', stop);
      return true;
    },
    onSubscribe: async ({ extra: { socket, request: req, signal } }, _id, request) => {
      const caller = callers.get(socket);
      if (caller === undefined || isExpired(caller)) {
        engine.onRejected('UNAUTHENTICATED', caller?.id);
        socket.close(UNAUTHORIZED, 'Unauthorized');
        return [credentialExpired()];
      }
      return await prepare(request, { caller, req, signal });
    },
    execute,
    subscribe,
    onOperation: (_context, _id, payload, _args, result) => {
      if (Symbol.asyncIterator in result) {
        streams.add(payload);
      }
    },
    onComplete: (_context, _id, payload) => {
      streams.delete(payload);
    },
    onNext: (_context, _id, _payload, _args, { data, errors }) =>
      errors && { ...(data !== undefined && { data }), errors: format(errors) },
    onError: (_context, _id, _payload, errors) => format(errors),
  });
  sockets.on('connection', (socket, request) => {
    connect(served, { socket, request }, engine.onFault);
  });
  return async () => {
    // The streams are ending: each client receives that before its connection closes.
    const late = performance.now() + COMPLETE_MS;
    while (streams.size > 0 && performance.now() < late) {
      await sleep(10);
    }
    const cut = setTimeout(() => {
      for (const socket of sockets.clients) {
        socket.terminate();
      }
    }, CLOSE_MS);
    for (const socket of sockets.clients) {
      socket.close(GOING_AWAY, 'Going away');
    }
    await new Promise((resolve) => {
      sockets.close(resolve);
    });
    clearTimeout(cut);
  };
}

/** The credential in the parameters of a connection, or in their `headers`: in any case. */
function authorizationIn(parameters: unknown): unknown {
  const own = memberOf(parameters, 'authorization');
  return own ?? memberOf(memberOf(parameters, 'headers'), 'authorization');
}

function memberOf(value: unknown, name: string): unknown {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return members.find(([key]) => key.toLowerCase() === name)?.[1];
}

interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Aborted when the socket closes. */
  readonly signal: AbortSignal;
}

/**
 * Connects a socket with graphql-ws. Its own adapter writes the stack of every error to standard
 * error: a client could cause that with each message.
 */
function connect(
  served: ReturnType<typeof makeServer<Record<string, unknown>, Connection>>,
  { socket, request }: Pick<Connection, 'socket' | 'request'>,
  onFault: (error: unknown) => void,
): void {
  const gone = new AbortController();
  const isOpen = () => socket.readyState === socket.OPEN;
  const closed = served.opened(
    {
      protocol: socket.protocol,
      // One that fails is followed by the event `close`.
      send: (data) =>
        new Promise((resolve) => {
          if (isOpen()) {
            socket.send(data, () => resolve());
          } else {
            resolve();
          }
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => {
        socket.on('message', (data) => {
          handle(String(data)).catch((error: unknown) => {
            if (isOutOfProtocol(error)) {
              socket.close(CloseCode.BadRequest, 'Invalid message received');
            } else {
              onFault(error);
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            }
          });
        });
      },
    },
    { socket, request, signal: gone.signal },
  );
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const pinging = setInterval(() => {
    if (!answered) {
      socket.terminate();
    } else if (isOpen()) {
      answered = false;
      socket.ping();
    }
  }, PING_MS);
  // ws has closed the socket by then.
  socket.on('error', () => {});
  socket.once('close', (code, reason) => {
    clearInterval(pinging);
    gone.abort();
    closed(code, String(reason)).catch(onFault);
  });
}

/** The message has a type that only a server sends. */
function isOutOfProtocol(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type ');
}
