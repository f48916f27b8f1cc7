import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createAuthenticator } from './access/authenticator.ts';
import { type App, createApp, ENDPOINT } from './app.ts';
import type { MerchantUpstream } from './config/upstream.ts';
import { type Config, loadConfig } from './config.ts';
import { keptDataKey } from './data-key.ts';
import { renderGraphiqlPage } from './graphiql.ts';
import { type ClosingStep, closeInOrder, followConnections, stopSignal } from './lifecycle.ts';
import { createLog } from './log.ts';
import { createQueryObserver } from './orders/last-seen.ts';
import { openLedger } from './orders/open-ledger.ts';
import { startReconciler } from './orders/reconciler.ts';
import type { Environment } from './settings.ts';
import { serveWebSocket } from './websocket.ts';
import { createWechatPay } from './wechat/index.ts';

const STOP_CEILING_MS = 10_000;
/** Connections are cut a little earlier, so that what closes after them still has its turn. */
const DRAIN_CEILING_MS = 9_000;

/** Environment → configuration → resources → app → listen → wait → close in order. */
async function main(env: Environment): Promise<void> {
  const stop = stopSignal();
  const log = createLog();
  const config = loadConfig(env);
  const upstream = await startUpstream(config, env);
  const dataKey = config.dataKey ?? (await keptDataKey(config.databaseUrl));
  const ledger = await openLedger({
    databaseUrl: config.databaseUrl,
    dataKey,
    log,
    holdMs: holdMs(upstream.options.timeoutMs),
  });
  const wechat = createWechatPay({
    ...upstream.options,
    onUnreadableField: (field) => log.warn({ field }, 'a field of WeChat Pay could not be read'),
  });
  const queries = createQueryObserver(ledger);
  const reconciler = startReconciler(ledger, wechat);
  const stopping = new AbortController();
  const authenticator = createAuthenticator(config.authentication, log);
  const app = createApp({
    authenticator,
    wechat,
    ledger,
    queries,
    log,
    defaults: { appid: upstream.appid, serviceId: upstream.serviceId },
    apiv2Key: upstream.apiv2Key,
    inputRules: config.inputRules,
    stopping: stopping.signal,
    isReady: async () => !stopping.signal.aborted && (await ledger.store.isUp()),
    graphiql: config.graphiql ? renderGraphiqlPage : undefined,
    ...(config.production && { graphiqlFor: 'schema-readers' }),
    corsOrigins: config.corsOrigins,
  });
  const server = await listen(serve(app, stopping.signal), config);
  const connections = followConnections(server);
  const origins = config.corsOrigins;
  const leaveSockets = serveWebSocket(server, app, { path: ENDPOINT, origins });
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${host}:${portOf(server)}`;
  log.info({ url, upstream: upstream.options.baseUrl ?? 'WeChat Pay' }, 'ready');
  if (upstream.sandbox) {
    await haveNotices(upstream.sandbox, `${url}/wechat/notify`);
    const message = 'no WECHAT_ variables: orders go to the sandbox, no money moves';
    log.warn({ sandbox: upstream.sandbox }, message);
  }
  if (upstream.options.apiv3Key === undefined) {
    const message = 'WECHAT_APIV3_KEY is missing: notices can not be read, changes are asked for';
    log.warn({}, message);
  }

  const signal = await stop;
  stopping.abort();
  log.info({ signal }, 'stopping: no new requests, calls in flight finish');
  const problems = await closeInOrder(
    [
      { name: 'websockets', close: leaveSockets },
      { name: 'http', close: () => connections.drain(DRAIN_CEILING_MS) },
      { name: 'app', close: app.dispose },
      { name: 'queries', close: queries.close },
      { name: 'reconciler', close: reconciler.close },
      { name: 'wechat', close: wechat.close },
      { name: 'ledger', close: ledger.close },
      ...upstream.closing,
    ],
    STOP_CEILING_MS,
  );
  for (const { name, problem } of problems) {
    log.error({ step: name, problem }, 'did not close');
  }
  log.info({}, 'stopped');
  process.exit(0);
}

/** A write and the query before it may each take the whole budget; the rest is for the database. */
function holdMs(timeoutMs = 8_000): number {
  return 2 * timeoutMs + 5_000;
}

interface Upstream {
  readonly options: MerchantUpstream['options'];
  readonly appid: string | undefined;
  readonly serviceId: string | undefined;
  readonly apiv2Key: string | undefined;
  /** Where its controls are, if it is the upstream. */
  readonly sandbox: string | undefined;
  readonly closing: readonly ClosingStep[];
}

/** The merchant of the configuration, or that of a sandbox started along: real HTTP either way. */
async function startUpstream(config: Config, env: Environment): Promise<Upstream> {
  const { upstream, appid, serviceId, apiv2Key } = config;
  if (upstream.kind === 'merchant') {
    const { options } = upstream;
    return { options, appid, serviceId, apiv2Key, sandbox: undefined, closing: [] };
  }
  const { startSandbox } = await import('./sandbox/index.ts');
  const sandbox = await startSandbox({ port: upstream.port });
  const merchant = await startUpstream(loadConfig({ ...env, ...sandbox.credentials }), env);
  const closing = [{ name: 'sandbox', close: () => sandbox.close() }];
  return { ...merchant, sandbox: sandbox.url, closing };
}

/** A merchant's notification URL is configured at WeChat Pay; the sandbox is told by its control. */
async function haveNotices(sandbox: string, url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ url });
  await fetch(`${sandbox}/sandbox/notify-url`, { method: 'POST', headers, body });
}

function serve({ requestListener }: App, stopping: AbortSignal): Server {
  return createServer((request, response) => {
    if (stopping.aborted) {
      response.setHeader('connection', 'close');
      if (request.url !== '/health' && request.url !== '/ready') {
        response.writeHead(503, { 'retry-after': '1' }).end();
        return;
      }
    }
    requestListener(request, response);
  });
}

function listen(server: Server, { host, port }: Config): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const what = `Can't listen on ${host}:${port}. Is it taken? Set PORT (or HOST) to another.`;
      reject(new Error(what, { cause }));
    });
    server.listen(port, host, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

try {
  if (existsSync('.env')) {
    process.loadEnvFile('.env');
  }
  await main(process.env);
} catch (error) {
  // A TypeError is a fault of ours; everything else says in its message what to do.
  const told = error instanceof Error && !(error instanceof TypeError) ? error.message : error;
  console.error(told);
  process.exit(1);
}
