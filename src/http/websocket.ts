import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionArgs, GraphQLError, GraphQLFormattedError } from 'graphql';
import type { OperationResult } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Caller } from '../auth/caller.ts';
import { isExpired, onExpiry } from '../auth/credential-expiry.ts';
import { isOwnOrigin, type OriginRule, type TargetProblem } from './request-target.ts';

/** GraphQL for a transport other than HTTP: the same engine and the same plugins. */
export interface GraphQLEngine {
  readonly authenticate: Authenticator['authenticate'];
  /**
   * Admits, parses and validates an operation; or returns the errors of one that is not executed.
   */
  readonly prepare: (
    request: PreparedRequest,
    by: { readonly caller: Caller; readonly req: IncomingMessage },
  ) => Promise<ExecutionArgs | readonly GraphQLError[]>;
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
  /** The errors for a client: without the caller's values. */
  readonly format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[];
  readonly credentialExpired: () => GraphQLError;
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
}

const MAX_MESSAGE_BYTES = 64 * 1024;
/** How long closing may take: first of each stream, then of each connection. */
const COMPLETE_MS = 500;
const CLOSE_MS = 1_000;
/** graphql-ws's code for an invalid credential; 1013 asks the client to reconnect later. */
const UNAUTHORIZED = 4401;
const TRY_AGAIN_LATER = 1013;
/** The streams of a caller whose credential has expired report that first. */
const ENDED_MS = 100;

/**
 * GraphQL over WebSocket (graphql-transport-ws), because mini programs cannot stream fetch
 * responses.
 * @returns how to close the connection of every client
 */
export function serveWebSocket(
  server: Server,
  { authenticate, prepare, execute, subscribe, format, credentialExpired }: GraphQLEngine,
  { path, allowsOrigin, onRefusedOrigin, problemOf }: WebSocketOptions,
): () => Promise<void> {
  const sockets = new WebSocketServer({
    server,
    path,
    maxPayload: MAX_MESSAGE_BYTES,
    verifyClient: ({ req }: { req: IncomingMessage }) => {
      if (problemOf(req) !== undefined) {
        return false;
      }
      const { origin, host } = req.headers;
      // A browser sends the origin of the page, but no preflight for a WebSocket.
      const isWelcome = origin === undefined || isOwnOrigin(origin, host) || allowsOrigin(origin);
      if (!isWelcome) {
        onRefusedOrigin(origin);
      }
      return isWelcome;
    },
  });
  const streams = new Set<object>();
  const callers = new WeakMap<object, Caller>();
  const served = useServer(
    {
      onConnect: async ({ connectionParams, extra: { socket } }) => {
        const result = await authenticate(authorizationIn(connectionParams));
        if (typeof result === 'string') {
          const unknown = result === 'refused';
          socket.close(unknown ? UNAUTHORIZED : TRY_AGAIN_LATER, unknown ? 'Unauthorized' : '');
          return false;
        }
        callers.set(socket, result);
        const stop = onExpiry(result, () => {
          setTimeout(() => socket.close(UNAUTHORIZED, 'Unauthorized'), ENDED_MS).unref();
        });
        socket.once('close', stop);
        return true;
      },
      onSubscribe: async ({ extra: { socket, request: req } }, _id, request) => {
        const caller = callers.get(socket);
        if (caller === undefined || isExpired(caller)) {
          socket.close(UNAUTHORIZED, 'Unauthorized');
          return [credentialExpired()];
        }
        return await prepare(request, { caller, req });
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
    },
    sockets,
  );
  // ws has closed the socket by then; graphql-ws would log it as a server error.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error').on('error', () => {});
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
    await served.dispose();
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
