import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
} from 'graphql';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Authenticator } from '../auth/authenticator.ts';
import { overloaded } from '../http/overloaded.ts';
import type { RequestIds } from '../http/request-headers.ts';
import { SHUTTING_DOWN } from '../http/server.ts';
import type { GraphQLEngine } from '../http/websocket.ts';
import type { Admission } from './admission/admission-queue.ts';
import { withoutValues } from './documents/redact-values.ts';
import { documentOf, type TrustedDocuments } from './documents/trusted-documents.ts';
import { credentialEnded } from './use-credential-expiry.ts';

export interface WebSocketEngineParts {
  readonly enveloped: YogaServerInstance<object, object>['getEnveloped'];
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  /** Aborted when the server stops: no operation is begun after that. */
  readonly stopping: AbortSignal;
  readonly requests: RequestIds;
  /** Undefined if every document may be executed. */
  readonly trustedDocuments: TrustedDocuments | undefined;
  /** Called with the HTTP status of an operation that is refused before it begins. */
  readonly onRefused: (status: number) => void;
  /** Called with the code of an operation that is not executed, and with its caller. */
  readonly onRejected: (code: string, caller?: string) => void;
  readonly onFault: (error: unknown) => void;
}

type Engine = ReturnType<WebSocketEngineParts['enveloped']>;

/** An operation that is prepared, and the id of its request. */
interface Prepared {
  readonly engine: Engine;
  readonly requestId: string | undefined;
}

/** What the WebSocket server needs of GraphQL: every plugin applies as over HTTP. */
export function createWebSocketEngine(parts: WebSocketEngineParts): GraphQLEngine {
  const { enveloped, authenticator, admission, requests, trustedDocuments, stopping } = parts;
  const { onRefused, onRejected, onFault } = parts;
  const running = new WeakMap<object, Prepared>();
  const rejected = (errors: readonly [GraphQLError, ...GraphQLError[]], caller: string) => {
    const { code, http } = errors[0].extensions;
    const { status } = Object(http);
    if (status === 429 || status === 503) {
      onRefused(status);
    }
    onRejected(typeof code === 'string' ? code : 'GRAPHQL_VALIDATION_FAILED', caller);
    return errors;
  };
  const prepare: GraphQLEngine['prepare'] = async (request, by) => {
    const { id } = by.caller;
    if (stopping.aborted) {
      return rejected([shuttingDown()], id);
    }
    if (!(await admission.turn(by.caller))) {
      return rejected([overloaded()], id);
    }
    const engine = enveloped(by);
    const document = parsed(() => engine.parse(documentOf(trustedDocuments, request)));
    if (document instanceof GraphQLError) {
      return rejected([document], id);
    }
    const [error, ...others] = engine.validate(engine.schema, document);
    if (error !== undefined) {
      return rejected([error, ...others], id);
    }
    if (!getOperationAST(document, request.operationName)) {
      // graphql-ws answers it.
      onRejected('BAD_USER_INPUT', id);
    }
    const args: ExecutionArgs = {
      schema: engine.schema,
      document,
      contextValue: await engine.contextFactory(),
      variableValues: request.variables ?? null,
      operationName: request.operationName ?? null,
    };
    running.set(args, { engine, requestId: requests.id() });
    return args;
  };
  /** Runs a step of an operation under the id that it was prepared with: a write records that. */
  const within = <T>(args: object, step: (engine: Engine) => T): T => {
    const { engine, requestId } = preparedOf(running, args);
    return requests.run(requestId, () => step(engine));
  };
  return {
    authenticate: authenticator.authenticate,
    prepare: (request, by) => requests.run(null, () => prepare(request, by)),
    execute: (args) => within(args, (engine) => engine.execute(args)),
    subscribe: (args) => within(args, (engine) => engine.subscribe(args)),
    format: formatted,
    credentialExpired: credentialEnded,
    onRejected,
    onFault,
  };
}

function shuttingDown(): GraphQLError {
  const { code, message } = SHUTTING_DOWN;
  return new GraphQLError(message, { extensions: { code, http: { status: 503 } } });
}

/** The errors for this transport: without the caller's values, and without what only HTTP needs. */
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
    Object.assign(failure.extensions, { code: 'GRAPHQL_PARSE_FAILED' });
    return failure;
  }
}

function preparedOf(running: WeakMap<object, Prepared>, args: object): Prepared {
  const prepared = running.get(args);
  if (prepared === undefined) {
    throw new Error('Invalid arguments: they are not from onSubscribe.');
  }
  return prepared;
}
