import { type DocumentNode, GraphQLError } from 'graphql';
import type { Plugin, YogaLogger } from 'graphql-yoga';
import { type CallerContext, callerOf, isAllowed } from '../auth/caller.ts';
import type { CountedLog } from '../observability/log.ts';
import type { OperationReport } from '../observability/operation-log.ts';
import type { GraphQLContext } from '../schema/context.ts';
import type { Shapes } from './documents/measure-document.ts';
import { isServerFault } from './documents/redact-values.ts';
import { type Refusal, rejection } from './use-http-rules.ts';

export interface HealthOptions {
  /** Whether new requests are accepted; false during shutdown. */
  readonly isReady: () => boolean | Promise<boolean>;
}

/**
 * `GET /health`: the process is alive. `GET /ready`: it accepts new requests. Neither has a body.
 */
export function useHealth({ isReady }: HealthOptions): Plugin {
  return {
    onRequest: ({ url, endResponse, fetchAPI }) => {
      const respond = (status: number) => endResponse(new fetchAPI.Response(null, { status }));
      switch (url.pathname) {
        case '/health':
          return respond(200);
        case '/ready':
          return Promise.resolve(isReady()).then((ready) => respond(ready ? 200 : 503));
        default:
          return undefined;
      }
    },
  };
}

export interface MetricsOptions {
  readonly show: () => Promise<string>;
  readonly contentType: string;
  /** Called with the status of responses that reject a request. */
  readonly refused: (status: number) => void;
  /** Called with the code of a request that is rejected here. */
  readonly onRejected: (code: string) => void;
}

const METRICS_PATH = '/metrics';
const GET_ONLY: Refusal = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: 'Method not allowed. Send a GET.',
  headers: { allow: 'GET' },
};
const NO_METRICS: Refusal = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'Missing scope: metrics:read.',
};
const REFUSALS = new Set([401, 403, 405, 413, 415, 429, 503]);

/** `GET /metrics`, for callers with the scope metrics:read. Register it after authentication. */
export function useMetrics(options: MetricsOptions): Plugin<object, CallerContext> {
  const { show, contentType, refused, onRejected } = options;
  return {
    onRequest: ({ request, url, serverContext, endResponse, fetchAPI }) => {
      if (url.pathname !== METRICS_PATH) {
        return undefined;
      }
      const isGet = request.method === 'GET';
      if (!(isGet && isAllowed(serverContext, 'metrics:read'))) {
        const refusal = isGet ? NO_METRICS : GET_ONLY;
        onRejected(refusal.code);
        return endResponse(rejection(request, refusal, fetchAPI));
      }
      const headers = { 'content-type': contentType };
      return show().then((text) => endResponse(new fetchAPI.Response(text, { headers })));
    },
    onResponse: ({ response: { status } }) => {
      if (REFUSALS.has(status)) {
        refused(status);
      }
    },
  };
}

export interface OperationsOptions {
  readonly shapeOf: Shapes;
  readonly onOperation: (report: OperationReport) => void;
  /** Called with the code of a request whose document was not executed. */
  readonly onRejected: (code: string, caller: string) => void;
  /** Called with +1 when a stream begins, and with -1 when it ends. */
  readonly onStream: (change: 1 | -1) => void;
}

type OperationContext = GraphQLContext &
  Pick<CallerContext, 'req'> & { readonly request?: Request };
type Result = { readonly errors?: readonly GraphQLError[] | undefined };

/** Reports the name, the result and the duration of every operation. */
export function useOperationLog(
  options: OperationsOptions,
): Plugin<OperationContext, CallerContext> {
  const { shapeOf, onOperation, onRejected, onStream } = options;
  const executed = new WeakSet<Request>();
  const begin = ({ request }: OperationContext) => {
    if (request !== undefined) {
      executed.add(request);
    }
    return performance.now();
  };
  const report = (
    document: DocumentNode,
    { caller, outcome, req, signal }: OperationContext,
    { errors }: Result,
    since: number,
  ) =>
    onOperation({
      operation: nameOf(shapeOf(document).rootFields),
      outcome: errors?.[0] ? codeOf(errors[0]) : (outcome.refusal ?? 'OK'),
      ms: performance.now() - since,
      caller: caller.id,
      isLogged: outcome.failures.length > 0 || signal?.aborted === true,
      request: req,
    });
  return {
    onExecute: ({ args }) => {
      const since = begin(args.contextValue);
      return {
        onExecuteDone: ({ result }) => {
          report(args.document, args.contextValue, 'errors' in result ? result : {}, since);
        },
      };
    },
    onSubscribe: ({ args }) => {
      const since = begin(args.contextValue);
      return {
        onSubscribeResult: ({ result }) => {
          const isStream = Symbol.asyncIterator in result;
          report(args.document, args.contextValue, isStream ? {} : result, since);
          if (!isStream) {
            return undefined;
          }
          onStream(1);
          return { onEnd: () => onStream(-1) };
        },
      };
    },
    onResultProcess: ({ request, result, serverContext }) => {
      const [error] = 'errors' in result ? (result.errors ?? []) : [];
      if (error !== undefined && !executed.has(request)) {
        onRejected(codeOf(error), callerOf(serverContext).id);
      }
    },
  };
}

function nameOf([first = 'introspection', ...more]: readonly string[]): string {
  return more.length > 0 ? 'several' : first;
}

/** Errors without a code get one later. */
function codeOf(error: GraphQLError): string {
  const { code } = error.extensions;
  if (typeof code === 'string') {
    return code;
  }
  return isServerFault(error) ? 'INTERNAL_SERVER_ERROR' : 'BAD_USER_INPUT';
}

/** The log of the application. */
export type AppLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

/** Yoga logs the errors that it masks; log.ts redacts them. Its debug messages add nothing. */
export function yogaLog(log: AppLog, strangers: CountedLog): YogaLogger {
  const at = (level: 'info' | 'warn' | 'error') => (first: unknown) => {
    if (isHangUp(first)) {
      strangers.info({}, 'client disconnected before the response');
    } else if (first instanceof Error) {
      log[level]({ err: first }, 'unexpected error');
    } else {
      log[level]({}, String(first));
    }
  };
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Only the client aborts an operation: one that takes too long is a time-out. */
function isHangUp(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    error.cause instanceof Error &&
    error.cause.name === 'AbortError'
  );
}
