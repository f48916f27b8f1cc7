import { type App, type AppResources, createApp } from '../../src/app.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { createObservationFilter } from '../../src/orders/queries/observed-state-cache.ts';
import { type JsonObject, parsed } from './json.ts';
import { noLimits } from './limits.ts';
import { type CollectedLog, collectLog } from './log-lines.ts';

/** A ledger in memory. */
export function memoryLedger(now: () => number = Date.now) {
  const { log } = collectLog();
  return openLedger({ databaseUrl: 'sqlite::memory:', dataKey: Buffer.alloc(32, 7), log, now });
}

const shared = await memoryLedger();

const unsealed = (request: object) => ({
  target: '/',
  body: Buffer.from('{}'),
  platformSerial: 'PUB_KEY_ID_1',
  canonical: { ...request },
});

const never = () => Promise.reject(new Error('this test was not to call WeChat Pay'));

/** A WeChat Pay whose every answer the test decides. */
export function stubWechat(answers: Partial<AppResources['wechat']> = {}): AppResources['wechat'] {
  return {
    mchid: '1230000109',
    timeoutMs: 8_000,
    createPayAfterOrder: never,
    queryPayAfterOrder: never,
    queryUserServiceState: never,
    completePayAfterOrder: never,
    cancelPayAfterOrder: never,
    syncPayAfterOrder: never,
    request: never,
    close: () => Promise.resolve(),
    prepare: { create: unsealed, complete: unsealed, cancel: unsealed, sync: unsealed },
    readNotification: never,
    useKeys: () => {},
    ready: () => Promise.resolve(),
    ...answers,
  };
}

/** Tests run compiled operations from the first time on; with COMPILE=off, none. */
const COMPILE_AFTER = process.env['COMPILE'] === 'off' ? Number.POSITIVE_INFINITY : 1;

/** The application as the server has it, but for what the test changes. */
export function makeApp(changes: Partial<AppResources> = {}): App & { readonly log: CollectedLog } {
  const log = collectLog();
  const ledger = changes.ledger ?? shared;
  const app = createApp({
    authenticator: createAuthenticator({ kind: 'none' }, log.log),
    wechat: stubWechat(),
    ledger,
    queries: createObservationFilter(ledger),
    launchKey: () => undefined,
    stopping: new AbortController().signal,
    log: log.log,
    defaults: { appid: 'wxd678efh567hg6787', serviceId: '500001' },
    inputRules: 'all',
    isReady: () => true,
    graphiql: undefined,
    corsOrigins: [],
    ...noLimits(),
    compileAfter: COMPILE_AFTER,
    ...changes,
  });
  return { ...app, log };
}

/** A GraphQL request as a well-behaved caller sends it. */
export function graphqlRequest(body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return new Request('http://app/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Runs a document and gives what was answered. */
export async function run(app: App, query: string, variables: JsonObject = {}): Promise<unknown> {
  const response = await app.fetch(graphqlRequest({ query, variables }));
  return parsed(await response.text());
}
