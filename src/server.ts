import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, ENDPOINT } from './app.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createRateLimit, NO_RATE_LIMIT } from './auth/rate-limit.ts';
import { loadOrCreateDevelopmentDataKey } from './config/data-key.ts';
import type { Environment } from './config/environment.ts';
import { type Config, loadConfig } from './config/load-config.ts';
import { reloadSecrets } from './config/reload-secrets.ts';
import { createRequestIds } from './http/request-id.ts';
import { createHttpServer, listen, refusing } from './http/server.ts';
import { type ClosingStep, closeInOrder, followConnections, stopCause } from './http/shutdown.ts';
import { serveWebSocket } from './http/websocket.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { createLog } from './observability/log.ts';
import { countedQueries, createMetrics, type Metrics } from './observability/metrics.ts';
import { createObservationFilter } from './orders/queries/observed-state-cache.ts';
import { startReconciler } from './orders/reconciliation/reconciler.ts';
import { renderGraphiqlPage } from './plugins/graphiql/page.ts';
import { createWechatPay, type WechatPayOptions } from './wechat/index.ts';

const STOP_CEILING_MS = 10_000;
/** The process is gone by then, even where it can't close: a start that hangs, say. */
const EXIT_CEILING_MS = 10_400;
/** Connections are cut a little earlier, so that what closes after them still has its turn. */
const LAST_STEPS_MS = 1_000;

/** Environment → configuration → resources → app → listen → wait → close in order. */
async function main(env: Environment): Promise<void> {
  const requests = createRequestIds();
  const log = createLog({ requestId: requests.id });
  const stop = stopCause({
    onFault: (err) => log.error({ err }, 'an error that nobody caught: this process ends'),
    ceilingMs: EXIT_CEILING_MS,
  });
  const { config, sandbox, closing } = await configured(env);
  const { options } = config.upstream;
  const metrics = createMetrics({ ofProcess: true });
  const dataKey = config.dataKey ?? (await loadOrCreateDevelopmentDataKey(config.databaseUrl));
  const ledger = await openLedger({
    databaseUrl: config.databaseUrl,
    dataKey,
    log,
    holdMs: holdMs(options.timeoutMs),
    onIntent: metrics.intent,
  });
  const wechat = createWechatPay({ ...options, ...watched(log, metrics) });
  let keysTried = false;
  void wechat.ready().then(() => {
    keysTried = true;
  });
  const authenticator = createAuthenticator(config.authentication, log);
  const others = [{ name: 'API keys', reload: authenticator.reload }];
  const { launchKey } = reloadSecrets({ env, wechat, apiv2Key: config.apiv2Key, others, log });
  const queries = createObservationFilter(ledger);
  const reconciler = startReconciler(ledger, countedQueries(metrics, wechat));
  metrics.countOpenIntents(ledger.countOpenIntents);
  const leaving = new AbortController();
  const stopping = new AbortController();
  const app = createApp({
    ...config,
    authenticator,
    wechat,
    ledger,
    queries,
    log,
    defaults: { appid: config.appid, serviceId: config.serviceId },
    launchKey,
    stopping: stopping.signal,
    isReady: async () => keysTried && !leaving.signal.aborted && (await ledger.isUp()),
    graphiql: config.graphiql ? () => renderGraphiqlPage(sandbox) : undefined,
    ...(config.production && { graphiqlFor: 'schema-readers' }),
    rateLimit: config.rateLimit ? createRateLimit(config.rateLimit) : NO_RATE_LIMIT,
    requests,
    metrics,
  });
  const listener = refusing(app.requestListener, leaving.signal, stopping.signal);
  const server = createHttpServer(listener, { idleMs: config.idleMs });
  const url = await listen(server, config);
  const connections = followConnections(server);
  const leaveSockets = serveWebSocket(server, app, { path: ENDPOINT, origins: config.corsOrigins });
  log.info({ url, upstream: options.baseUrl ?? 'WeChat Pay' }, 'ready');
  if (sandbox !== undefined) {
    await haveNotifications(sandbox, `${url}/wechat/notify`);
    log.warn({ sandbox }, 'no WECHAT_ variables: orders go to the sandbox, no money moves');
  }
  if (options.apiv3Key === undefined) {
    const message = 'WECHAT_APIV3_KEY is missing: notices can not be read, changes are asked for';
    log.warn({}, message);
  }

  const cause = await stop;
  const startMs = performance.now();
  leaving.abort();
  const why = cause.kind === 'signal' ? cause.signal : 'a fault';
  log.info({ cause: why }, 'stopping: not ready any more, calls in flight finish');
  // Whoever looks at /ready is to send its calls elsewhere before they are refused here.
  await sleep(config.stopGraceMs);
  stopping.abort();
  const leftMs = STOP_CEILING_MS - (performance.now() - startMs);
  const problems = await closeInOrder(
    [
      { name: 'websockets', close: leaveSockets },
      { name: 'http', close: () => connections.drain(leftMs - LAST_STEPS_MS) },
      { name: 'app', close: app.dispose },
      { name: 'queries', close: queries.close },
      { name: 'reconciler', close: reconciler.close },
      { name: 'wechat', close: wechat.close },
      { name: 'ledger', close: ledger.close },
      ...closing,
    ],
    leftMs,
  );
  for (const { name, problem } of problems) {
    log.error({ step: name, problem }, 'did not close');
  }
  log.info({}, 'stopped');
  process.exit(cause.kind === 'signal' ? 0 : 1);
}

interface Configured {
  readonly config: Config & { readonly upstream: { readonly options: WechatPayOptions } };
  /** Where the controls of the sandbox are that was started along. */
  readonly sandbox: string | undefined;
  readonly closing: readonly ClosingStep[];
}

/** With the merchant of the environment, or that of a sandbox started along: real HTTP either way. */
async function configured(env: Environment): Promise<Configured> {
  const { upstream, ...config } = loadConfig(env);
  if (upstream.kind === 'merchant') {
    return { config: { ...config, upstream }, sandbox: undefined, closing: [] };
  }
  const { startSandbox } = await import('./sandbox/index.ts');
  const sandbox = await startSandbox({ port: upstream.port });
  const merchant = await configured({ ...env, ...sandbox.credentials });
  // The database is that of the environment: the sandbox's orders die with it.
  const own = { ...merchant.config, databaseUrl: config.databaseUrl };
  const closing = [{ name: 'sandbox', close: () => sandbox.close() }];
  return { config: own, sandbox: sandbox.url, closing };
}

/** A merchant's notification URL is configured at WeChat Pay; the sandbox is told by its control. */
async function haveNotifications(sandbox: string, url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ url });
  await fetch(`${sandbox}/sandbox/notify-url`, { method: 'POST', headers, body });
}

/** What the client tells of itself. */
function watched(log: ReturnType<typeof createLog>, metrics: Metrics): Partial<WechatPayOptions> {
  return {
    onUnreadableField: (field) => log.warn({ field }, 'a field of WeChat Pay could not be read'),
    onAttempt: metrics.attempt,
    onUnverifiedRefusal: (refusal) =>
      log.warn(
        refusal,
        'WeChat Pay refusal without a valid signature, a query decides: check proxies and keys',
      ),
    onBreaker: (breaker) => {
      metrics.breaker(breaker);
      log.warn({ breaker }, 'the circuit breaker before WeChat Pay');
    },
    onCertificates: (news) => {
      log[news.kind === 'failed' ? 'warn' : 'info']({ ...news }, 'platform certificates');
    },
  };
}

/** Longer than a call takes, with room for a slow database: then its process counts as crashed. */
function holdMs(timeoutMs = 8_000): number {
  return 2 * timeoutMs + 5_000;
}

/**
 * Signing takes turns with name look-ups in the threads of libuv, which begin at their first use. More
 * of them than processors take the main thread's time; with two a slow resolver leaves one to sign.
 */
function signingThreads(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}

try {
  if (existsSync('.env')) {
    process.loadEnvFile('.env');
  }
  process.env['UV_THREADPOOL_SIZE'] ??= String(signingThreads());
  await main(process.env);
} catch (error) {
  // A TypeError is a fault of ours; everything else says in its message what to do.
  const told = error instanceof Error && !(error instanceof TypeError) ? error.message : error;
  console.error(told);
  process.exit(1);
}
