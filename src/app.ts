import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Authenticator } from './auth/authenticator.ts';
import { type CallerContext, callerOf, type Scope } from './auth/caller.ts';
import { createRejections, type StreamLimits } from './auth/rate-limit.ts';
import { createOverloadResponse } from './http/overloaded.ts';
import {
  type ClientAddress,
  isOwnOrigin,
  type OriginRule,
  type RequestIds,
  requestIdIn,
} from './http/request-headers.ts';
import { CORS_HEADERS } from './http/response-headers.ts';
import type { TurnAway } from './http/server.ts';
import { createCountedLog } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import { logCall, logOperation } from './observability/operation-log.ts';
import { createSharedQueries } from './orders/queries/shared-queries.ts';
import type { ObservationFilter } from './orders/state/observation.ts';
import { createAdmission } from './plugins/admission/admission-queue.ts';
import { useAdmissionQueue, useAdmissionSlots } from './plugins/admission/use-admission.ts';
import { useBodyPlaces, useRateLimit, useRowLimit } from './plugins/admission/use-rate-limit.ts';
import { useRequestCoalescing } from './plugins/admission/use-request-coalescing.ts';
import { useStreamLimits } from './plugins/admission/use-stream-limits.ts';
import { rememberedShapes } from './plugins/documents/measure-document.ts';
import {
  type TrustedDocuments,
  useTrustedDocuments,
} from './plugins/documents/trusted-documents.ts';
import {
  documentCaches,
  useDocumentLimits,
  useTokenLimit,
} from './plugins/documents/use-document-limits.ts';
import { guarded, useSafeErrors, useVariableCheck } from './plugins/documents/use-safe-errors.ts';
import { credentialOf, graphiqlAuthorization } from './plugins/graphiql/browser-login.ts';
import { useOfflineGraphiql } from './plugins/graphiql/use-offline-graphiql.ts';
import { useAuthentication } from './plugins/use-authentication.ts';
import { useCredentialExpiry } from './plugins/use-credential-expiry.ts';
import { useBodyLimit, useRequestRules, useResponseHeaders } from './plugins/use-http-rules.ts';
import { useNotify } from './plugins/use-notify.ts';
import {
  type AppLog,
  useHealth,
  useMetrics,
  useOperationLog,
  yogaLog,
} from './plugins/use-observability.ts';
import { createWebSocketEngine } from './plugins/websocket-engine.ts';
import { createContext, type GraphQLContext, type ServerResources } from './schema/context.ts';
import { schema } from './schema/index.ts';

/**
 * All dependencies by name: an object that is spread would end up in the context of every request.
 */
export interface AppParts extends Omit<ServerResources, 'sharedQueries'> {
  /** Whose pages may send requests. */
  readonly allowsOrigin: OriginRule;
  /** Called with the origin of a page that may not. */
  readonly onRefusedOrigin: (origin: string) => void;
  readonly queries: ObservationFilter;
  /**
   * How long a query result is cached, in ms. 0 or undefined: only concurrent queries share a call.
   */
  readonly orderCacheMs?: number | undefined;
  readonly log: AppLog;
  /** Identifies the caller. */
  readonly authenticator: Authenticator;
  /** Whether new requests are accepted: the response of `/ready`. */
  readonly isReady: () => boolean | Promise<boolean>;
  /** Renders the GraphiQL page; undefined if it is disabled. */
  readonly graphiql: (() => Promise<string>) | undefined;
  /** Undefined: the page is public. */
  readonly graphiqlFor?: 'schema-readers';
  /** Maximum concurrent operations; as many more are queued for a moment. */
  readonly maxInFlight: number;
  /** How long an idle connection is kept open; undefined if responses do not state it. */
  readonly idleMs?: number | undefined;
  /** Maximum open subscriptions. */
  readonly streamLimits: StreamLimits;
  /** The only documents that are executed; undefined: every document is. */
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly requests: RequestIds;
  readonly clientOf: ClientAddress;
  readonly metrics: Metrics;
}

export const ENDPOINT = '/graphql';
const MAX_BODY_BYTES = 64 * 1024;
const PATH_SCOPES = new Map<string, Scope>([['/metrics', 'metrics:read']]);

/** The whole application over the Fetch API, without a port or an environment. */
export function createApp(parts: AppParts) {
  const { log, isReady, graphiql, ledger, wechat, requests, metrics } = parts;
  const { authenticator, trustedDocuments, queries, orderCacheMs, rateLimit } = parts;
  const trustedOnly = trustedDocuments !== undefined;
  const { bus } = ledger;
  const onFault = (err: unknown) => log.error({ err }, 'unexpected error');
  const strangers = createCountedLog(log);
  const lines = { log, counted: strangers, clientOf: parts.clientOf };
  /** Of a request that is not executed: its code, and its caller if that is known. */
  const onRejected = (why: string, caller?: string) =>
    strangers.info({ why, ...(caller !== undefined && { caller }) }, 'request rejected');
  const sharedQueries = createSharedQueries({ wechat, queries, bus, keepMs: orderCacheMs ?? 0 });
  const resources: ServerResources = {
    wechat,
    ledger,
    inputRules: parts.inputRules,
    defaults: parts.defaults,
    launchKey: parts.launchKey,
    sharedQueries,
    livemode: parts.livemode,
    rateLimit,
    log: strangers,
    stopping: parts.stopping,
  };
  const admission = createAdmission({ most: parts.maxInFlight, onTurn: metrics.turn });
  const rejections = createRejections();
  const shapeOf = rememberedShapes();
  const mayOpen = graphiql && parts.graphiqlFor && graphiqlAuthorization(authenticator);
  const yoga = createYoga<CallerContext, GraphQLContext>({
    schema,
    context: ({ request, ...context }) => {
      const caller = callerOf(context);
      const origin = { caller: caller.id, request: context.req };
      return createContext(resources, {
        caller,
        signal: context.signal ?? request?.signal,
        cameMs: context.cameMs,
        requestId: requests.id(),
        onCall: (call) => logCall(lines, { ...call, ...origin }),
      });
    },
    graphqlEndpoint: ENDPOINT,
    // Yoga's own health check would match every URL that ends with this path: none ends with a
    // space.
    healthCheckEndpoint: ' ',
    // useCors grants nothing to an origin that is not allowed: Yoga would answer `null` to it, which
    // is the origin of a sandboxed frame.
    cors: false,
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    // useBodyLimit does the same at no cost.
    maxRequestBodySize: false,
    parserAndValidationCache: documentCaches(),
    maskedErrors: { isDev: false },
    logging: yogaLog(log, strangers),
    plugins: [
      useResponseHeaders({ requestId: requests.id }),
      guarded(useHealth({ isReady }), onFault),
      guarded(
        useNotify({ wechat, ledger, log: strangers, onNotification: metrics.notification }),
        onFault,
      ),
      useCors(parts),
      ...(graphiql
        ? [guarded(useOfflineGraphiql({ endpoint: ENDPOINT, render: graphiql, mayOpen }), onFault)]
        : []),
      guarded(
        useAuthentication({
          authenticator,
          scopes: PATH_SCOPES,
          onRejected,
          ...(mayOpen && { credentialOf }),
        }),
        onFault,
      ),
      guarded(useMetrics({ ...metrics, onRejected }), onFault),
      useRequestRules({ endpoint: ENDPOINT, trustedOnly, onRejected }),
      useAdmissionQueue({
        endpoint: ENDPOINT,
        admission,
        onRejected: (authorization, caller) => {
          rejections.remember(authorization, caller);
          onRejected('OVERLOADED', caller.id);
        },
      }),
      useTrustedDocuments(trustedDocuments),
      useRateLimit(rateLimit),
      useTokenLimit(),
      useDocumentLimits(shapeOf),
      useCredentialExpiry(),
      useSafeErrors(),
      useOperationLog({
        shapeOf,
        onStream: metrics.stream,
        onOperation: (report) => {
          metrics.operation(report);
          logOperation(lines, report);
        },
        onRejected,
      }),
      useVariableCheck(),
      useRowLimit(rateLimit),
      useStreamLimits(parts.streamLimits),
      useAdmissionSlots({ admission }),
      useRequestCoalescing(),
      useBodyLimit({ maxBytes: MAX_BODY_BYTES }),
      useBodyPlaces(),
    ],
  });
  const sendOverloaded = createOverloadResponse({ idleMs: parts.idleMs });
  // A page of another origin can read only the response headers that CORS exposes.
  const turnAway: TurnAway = ({ method, url, headers }, response) => {
    const isTurnedAway =
      method === 'POST' &&
      url === ENDPOINT &&
      headers.origin === undefined &&
      admission.isFull(rejections.callerWith(headers.authorization));
    if (isTurnedAway) {
      metrics.refused(503);
      onRejected('OVERLOADED');
      sendOverloaded(response, requests.idFor(requestIdIn(headers)));
    }
    return isTurnedAway;
  };
  // Yoga binds this function each time the property is read.
  const { requestListener } = yoga;
  return {
    fetch: (request: Request) =>
      requests.run(request.headers.get('x-request-id'), () => yoga.fetch(request)),
    requestListener: (request: IncomingMessage, response: ServerResponse) => {
      if (!turnAway(request, response)) {
        requests.run(requestIdIn(request.headers), () => void requestListener(request, response));
      }
    },
    /** The same for a server that can ask before it does anything for the request. */
    turnAway,
    /** Logs a request that something else has rejected. */
    onRejected,
    /** For the WebSocket server. */
    webSocket: createWebSocketEngine({
      enveloped: yoga.getEnveloped,
      authenticator,
      admission,
      stopping: parts.stopping,
      requests,
      trustedDocuments,
      onRefused: metrics.refused,
      onRejected,
      onFault,
    }),
    /** For benchmarks: parses, validates and executes with every plugin. */
    enveloped: yoga.getEnveloped,
    admission,
    dispose: async () => {
      await yoga.dispose();
      sharedQueries.close();
    },
  };
}

export type App = ReturnType<typeof createApp>;

/** What a page of an allowed origin may send, and read of the response; for other pages nothing. */
function useCors(parts: Pick<AppParts, 'allowsOrigin' | 'onRefusedOrigin'>): Plugin {
  const { allowsOrigin, onRefusedOrigin } = parts;
  return {
    onRequest: ({ request: { method, headers }, endResponse, fetchAPI }) => {
      if (method === 'OPTIONS' && allowsOrigin(headers.get('origin') ?? '')) {
        // Safari waits for a body if there is no length.
        endResponse(
          new fetchAPI.Response(null, { status: 204, headers: { 'content-length': '0' } }),
        );
      }
    },
    onResponse: ({ request: { method, url, headers }, response }) => {
      const origin = headers.get('origin');
      if (origin !== null && allowsOrigin(origin)) {
        response.headers.append('vary', 'origin');
        const shown = { ...CORS_HEADERS, 'access-control-allow-origin': origin };
        for (const [name, value] of Object.entries(shown)) {
          response.headers.set(name, value);
        }
      } else if (origin !== null && method !== 'POST' && !isOwnOrigin(origin, new URL(url).host)) {
        // Pages send a preflight before each POST, and others than pages may send any Origin.
        onRefusedOrigin(origin);
      }
    },
  };
}
