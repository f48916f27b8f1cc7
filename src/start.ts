import type { IncomingMessage } from 'node:http';
import { createApp, ENDPOINT } from './app.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createRateLimit } from './auth/rate-limit.ts';
import { loadOrCreateDevelopmentDataKey } from './config/database.ts';
import type { Environment } from './config/environment-reader.ts';
import { isLoopback } from './config/http.ts';
import { type Config, loadConfig, reloadSecrets } from './config/load-config.ts';
import { isRealMerchant } from './config/upstream.ts';
import { loggedOrigin, originRule, type RequestIds, requestGate } from './http/request-headers.ts';
import { createHttpServer, listen, problemCode, refusing, rejecting } from './http/server.ts';
import {
  type ClosingStep,
  closeInOrder,
  followConnections,
  type Hangups,
  watchHangups,
} from './http/shutdown.ts';
import { serveWebSocket } from './http/websocket.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { createCountedLog, type Log } from './observability/log.ts';
import { countedQuery, createMetrics, type Metrics } from './observability/metrics.ts';
import { startReconciler } from './orders/reconciliation/reconciler.ts';
import { createObservationFilter } from './orders/state/observation.ts';
import { renderGraphiqlPage } from './plugins/graphiql/page.ts';
import { isStray, reportStray } from './plugins/use-notify.ts';
import { createWechatPay, type WechatPayOptions } from './wechat/index.ts';

export interface StartOptions {
  readonly env: Environment;
  readonly log: Log;
  readonly requests: RequestIds;
  /** If omitted, signals are watched from now on. */
  readonly hangups?: Hangups;
}

export interface RunningServer {
  readonly url: string;
  /** From now on `/ready` responds 503, and load balancers stop sending requests. */
  readonly leave: () => void;
  /** How long to wait between `leave` and `close`, in ms. */
  readonly graceMs: number;
  /** Graceful shutdown: requests in flight finish, then every resource is closed in order. */
  readonly close: (ceilingMs: number) => Promise<void>;
}

/**
 * Connections are closed a little earlier, so that the resources closed after them still have time.
 */
const LAST_STEPS_MS = 1_000;

/** Configuration → resources → app → listen. Throws a ConfigError that lists every problem. */
export async function start({
  env,
  log,
  requests,
  hangups = watchHangups(),
}: StartOptions): Promise<RunningServer> {
  const { config, sandbox, closing } = await loadWithSandbox(env);
  const { options } = config.upstream;
  log.level = config.logLevel;
  const metrics = createMetrics({ ofProcess: true });
  const ledger = await openLedger({
    databaseUrl: config.databaseUrl,
    listenUrl: config.databaseListenUrl,
    dataKey: config.dataKey ?? (await loadOrCreateDevelopmentDataKey(config.databaseUrl)),
    log,
    holdMs: holdMs(options.timeoutMs),
    onIntent: metrics.intent,
  });
  const wechat = createWechatPay({ ...options, ...withMetrics(log, metrics) });
  let keysTried = false;
  void wechat.ready().then(() => {
    keysTried = true;
  });
  const strangers = createCountedLog(log);
  const authenticator = createAuthenticator(config.authentication, log, strangers);
  const others = [
    { name: 'API keys', reload: authenticator.reload },
    { name: 'JWKS_URL', reload: authenticator.reloadTokens },
  ];
  const { launchKey } = reloadSecrets({
    env,
    wechat,
    keys: options,
    apiv2Key: config.apiv2Key,
    others,
    hangups,
    log,
  });
  const queries = createObservationFilter(ledger, strangers);
  const queriesOfReconciler = {
    queryPayAfterOrder: countedQuery(metrics, wechat.queryPayAfterOrder),
    serviceOrders: { query: countedQuery(metrics, wechat.serviceOrders.query) },
  };
  const reconciler = startReconciler(ledger, queriesOfReconciler, {
    callsPerSecond: config.reconcilerCallsPerSecond,
  });
  metrics.countOpenIntents(ledger.countOpenIntents);
  metrics.followReconcilerLag(ledger.reconcilerLag);
  // The sandbox is for development, where pages come from a port of this machine.
  const localhost = sandbox !== undefined && isLoopback(config.host);
  const origins = {
    allowsOrigin: originRule({ origins: config.corsOrigins, localhost }),
    onRefusedOrigin: (origin: string) =>
      strangers.warn(
        { origin: loggedOrigin(origin) },
        'page refused: its origin is not in CORS_ORIGINS',
      ),
  };
  /** Of this server, once it listens before an embedded sandbox. */
  let sandboxNotifyUrl: string | undefined;
  const leaving = new AbortController();
  const stopping = new AbortController();
  const app = createApp({
    wechat,
    ledger,
    inputRules: config.inputRules,
    defaults: {
      appid: config.appid,
      serviceId: config.serviceId,
      notifyUrl: () => config.notifyUrl ?? sandboxNotifyUrl,
    },
    launchKey,
    livemode: isRealMerchant(config.upstream),
    stopping: stopping.signal,
    queries,
    orderCacheMs: config.orderCacheMs,
    log,
    authenticator,
    isReady: async () => keysTried && !leaving.signal.aborted && (await ledger.isWritable()),
    graphiql: config.graphiql ? () => renderGraphiqlPage(sandbox) : undefined,
    ...(config.authentication.kind === 'required' && { graphiqlFor: 'schema-readers' }),
    ...origins,
    maxInFlight: config.maxInFlight,
    idleMs: config.idleMs,
    streamLimits: config.streamLimits,
    trustedDocuments: config.trustedDocuments,
    rateLimit: createRateLimit(config.rateLimit, config.shopperRateLimit),
    requests,
    clientOf: config.clientOf,
    metrics,
  });
  const problemOf = requestGate(config.authentication.kind === 'required');
  const accepting = refusing(app.requestListener, leaving.signal, stopping.signal, app.onRejected);
  const onRejected = (status: number, { method, url = '', headers }: IncomingMessage) => {
    metrics.refused(status);
    app.onRejected(problemCode(status));
    if (isStray(method, (name) => headers[name] !== undefined)) {
      reportStray({ log: strangers, onNotification: metrics.notification }, url);
    }
  };
  const server = createHttpServer(
    rejecting(accepting, problemOf, onRejected),
    { idleMs: config.idleMs },
    (request, response) => !leaving.signal.aborted && app.turnAway(request, response),
    app.onRejected,
  );
  const url = await listen(server, config);
  const connections = followConnections(server);
  const closeSockets = serveWebSocket(server, app.webSocket, {
    path: ENDPOINT,
    ...origins,
    problemOf,
    onRejected: (status) => {
      metrics.refused(status);
      app.onRejected(problemCode(status));
    },
  });
  log.info({ url, upstream: options.baseUrl ?? 'WeChat Pay' }, 'ready');
  if (sandbox !== undefined) {
    sandboxNotifyUrl = `${url}/wechat/notify`;
    await setNotifyUrl(sandbox, sandboxNotifyUrl);
    log.warn({ sandbox }, 'no WECHAT_ variables: orders go to the sandbox, no money moves');
  }
  warnIfNoNotificationKey(options, log);
  if (config.authentication.kind === 'none' && isRealMerchant(config.upstream)) {
    log.warn({}, 'ALLOW_UNAUTHENTICATED: every program on this machine can place orders');
  }
  const steps = (ceilingMs: number): readonly ClosingStep[] => [
    { name: 'websockets', close: closeSockets },
    { name: 'http', close: () => connections.drain(Math.max(0, ceilingMs - LAST_STEPS_MS)) },
    { name: 'app', close: app.dispose },
    { name: 'queries', close: queries.close },
    { name: 'reconciler', close: reconciler.close },
    { name: 'wechat', close: wechat.close },
    { name: 'ledger', close: ledger.close },
    ...closing,
  ];
  return {
    url,
    graceMs: config.stopGraceMs,
    leave: () => leaving.abort(),
    close: async (ceilingMs) => {
      stopping.abort();
      for (const { name, problem } of await closeInOrder(steps(ceilingMs), ceilingMs)) {
        log.error({ step: name, problem }, 'failed to close resource');
      }
    },
  };
}

interface LoadedConfig {
  readonly config: Config & { readonly upstream: { readonly options: WechatPayOptions } };
  /** URL of the control API of the embedded sandbox. */
  readonly sandbox: string | undefined;
  readonly closing: readonly ClosingStep[];
}

/**
 * With the merchant of the environment, or that of an embedded sandbox: real HTTP in both cases.
 */
async function loadWithSandbox(env: Environment): Promise<LoadedConfig> {
  const { upstream, ...config } = loadConfig(env);
  if (upstream.kind === 'merchant') {
    return { config: { ...config, upstream }, sandbox: undefined, closing: [] };
  }
  const { startSandbox } = await import('./sandbox/index.ts');
  const sandbox = await startSandbox({
    port: upstream.port,
    // It sends its notifications to this machine.
    rules: { notifyUrlMustBeHttps: false },
  });
  const merchant = await loadWithSandbox({ ...env, ...sandbox.credentials });
  // The database is that of the environment, but the sandbox's orders end with its process.
  const own = { ...merchant.config, databaseUrl: config.databaseUrl };
  const closing = [{ name: 'sandbox', close: () => sandbox.close() }];
  return { config: own, sandbox: sandbox.url, closing };
}

/** A merchant configures its notification URL at WeChat Pay; the sandbox has a control for it. */
async function setNotifyUrl(sandbox: string, url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ url });
  await fetch(`${sandbox}/sandbox/notify-url`, { method: 'POST', headers, body });
}

function warnIfNoNotificationKey({ apiv3Key }: WechatPayOptions, log: Log): void {
  if (apiv3Key === undefined) {
    log.warn({}, 'WECHAT_APIV3_KEY is missing: webhooks are disabled, polling instead');
  }
}

/** The client's callbacks: metrics and log lines. */
function withMetrics(log: Log, metrics: Metrics): Partial<WechatPayOptions> {
  return {
    onUnreadableField: (field) => log.warn({ field }, 'unreadable field in a WeChat Pay response'),
    onAttempt: metrics.attempt,
    onUnverifiedRefusal: ({ endpoint, status, code: wechatCode, requestId: wechatRequestId }) =>
      log.warn(
        { endpoint, status, wechatCode, wechatRequestId },
        'WeChat Pay refusal without a valid signature, a query decides: check proxies and keys',
      ),
    onBreaker: (breaker) => {
      metrics.breaker(breaker);
      log.warn({ breaker }, 'circuit breaker state changed');
    },
    onCertificates: (news) => {
      log[news.kind === 'failed' ? 'warn' : 'info']({ ...news }, 'platform certificates');
    },
  };
}

/**
 * Longer than a call takes, with a margin for a slow database: after that its process counts as
 * crashed.
 */
function holdMs(timeoutMs = 8_000): number {
  return 2 * timeoutMs + 5_000;
}
