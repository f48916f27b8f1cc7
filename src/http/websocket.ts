import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { App } from '../app.ts';
import type { Caller } from '../auth/caller.ts';
import { isExpired, onExpiry } from '../auth/credential-expiry.ts';
import { withoutValues } from '../plugins/documents/redact-values.ts';
import { credentialEnded } from '../plugins/use-credential-expiry.ts';
import { overloaded } from './overloaded.ts';

export interface WebSocketOptions {
  readonly path: string;
  /** Origins whose pages may connect, besides those of this server itself. */
  readonly origins: readonly string[];
}

const MAX_MESSAGE_BYTES = 64 * 1024;
/** How long a goodbye may take: first of each stream, then of each connection. */
const COMPLETE_MS = 500;
const CLOSE_MS = 1_000;
/** graphql-ws's own code for a credential that does not hold; 1013 asks to come again later. */
const UNAUTHORIZED = 4401;
const TRY_AGAIN_LATER = 1013;
/** The streams of a caller whose credential has ended say so first. */
const ENDED_MS = 100;

/**
 * GraphQL over WebSocket (graphql-transport-ws), since mini programs have no streaming fetch.
 * @returns how to say goodbye to every client
 */
export function serveWebSocket(
  server: Server,
  { enveloped, authenticate, documentOf, admission, requests }: App,
  { path, origins }: WebSocketOptions,
): () => Promise<void> {
  const sockets = new WebSocketServer({
    server,
    path,
    maxPayload: MAX_MESSAGE_BYTES,
    verifyClient: ({ req }: { req: IncomingMessage }) => isWelcome(req, origins),
  });
  const running = new WeakMap<object, ReturnType<App['enveloped']>>();
  const streams = new Set<object>();
  const callers = new WeakMap<object, Caller>();
  const served = useServer<{ authorization?: unknown }>(
    {
      onConnect: async ({ connectionParams, extra: { socket } }) => {
        const verdict = await authenticate(connectionParams?.authorization);
        if (typeof verdict === 'string') {
          const unknown = verdict === 'refused';
          socket.close(unknown ? UNAUTHORIZED : TRY_AGAIN_LATER, unknown ? 'Unauthorized' : '');
          return false;
        }
        callers.set(socket, verdict);
        const stop = onExpiry(verdict, () => {
          setTimeout(() => socket.close(UNAUTHORIZED, 'Unauthorized'), ENDED_MS).unref();
        });
        socket.once('close', stop);
        return true;
      },
      onSubscribe: async ({ extra: { socket, request: req } }, _id, request) => {
        const { variables, operationName } = request;
        const caller = callers.get(socket);
        if (caller === undefined || isExpired(caller)) {
          socket.close(UNAUTHORIZED, 'Unauthorized');
          return [credentialEnded()];
        }
        if (!(await admission.turn())) {
          return [overloaded()];
        }
        const engine = enveloped({ caller, req });
        const document = parsed(() => engine.parse(documentOf(request)));
        if (document instanceof GraphQLError) {
          return [document];
        }
        const errors = engine.validate(engine.schema, document);
        if (errors.length > 0) {
          return errors;
        }
        const args: ExecutionArgs = {
          schema: engine.schema,
          document,
          contextValue: await engine.contextFactory(),
          variableValues: variables ?? null,
          operationName: operationName ?? null,
        };
        running.set(args, engine);
        return args;
      },
      execute: (args) => requests.run(null, () => engineOf(running, args).execute(args)),
      subscribe: (args) => requests.run(null, () => engineOf(running, args).subscribe(args)),
      onOperation: (_context, _id, payload, _args, result) => {
        if (Symbol.asyncIterator in result) {
          streams.add(payload);
        }
      },
      onComplete: (_context, _id, payload) => {
        streams.delete(payload);
      },
      onNext: (_context, _id, _payload, _args, { data, errors }) =>
        errors && { ...(data !== undefined && { data }), errors: formatted(errors) },
      onError: (_context, _id, _payload, errors) => formatted(errors),
    },
    sockets,
  );
  // ws has closed the socket by then; graphql-ws would print it like a fault of the server.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error').on('error', () => {});
  });
  return async () => {
    // They are ending by now: each client is to hear of it before its connection goes.
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

/** As this transport tells them: without the caller's values, and without what only HTTP needs. */
function formatted(errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] {
  return errors.map((error) => {
    const { extensions: { http: _, ...extensions } = {}, ...rest } = withoutValues(error).toJSON();
    return { ...rest, extensions };
  });
}

function parsed<T>(parse: () => T): T | GraphQLError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GraphQLError && error.extensions['code'] !== undefined) {
      return error;
    }
    const failure = error instanceof GraphQLError ? error : new GraphQLError('Syntax Error.');
    // Yoga keeps it for whoever sends this document next, over HTTP too: it has to be whole.
    const http = { spec: true, status: 400 };
    Object.assign(failure.extensions, { code: 'GRAPHQL_PARSE_FAILED', http });
    return failure;
  }
}

function engineOf<Engine>(running: WeakMap<object, Engine>, args: object): Engine {
  const engine = running.get(args);
  if (engine === undefined) {
    throw new Error('These arguments are not from onSubscribe.');
  }
  return engine;
}

/** A browser names the page's origin, and sends no preflight for a WebSocket. */
function isWelcome({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  return origin === undefined || URL.parse(origin)?.host === host || origins.includes(origin);
}
