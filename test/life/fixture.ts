import { randomBytes } from 'node:crypto';
import { type AppResources, createApp } from '../../src/app.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import type { Engine } from '../../src/ledger/engine/engine.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Observation, Observed } from '../../src/ledger/observation.ts';
import { createLog } from '../../src/observability/log.ts';
import { createObservationFilter } from '../../src/orders/queries/observed-state-cache.ts';
import type { CallKind, SandboxCall } from '../../src/sandbox/http/call-log.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { createWechatPay, type WechatPayOptions } from '../../src/wechat/index.ts';
import { noLimits } from '../support/limits.ts';
import { openTestLedger } from '../support-orders/ledger.ts';
import type { JsonObject } from './json.ts';

export const APPID = 'wxd678efh567hg6787';
export const SERVICE_ID = '500001';

export interface GatewayOptions {
  readonly wechat: WechatPayOptions;
  readonly resources?: Partial<AppResources>;
  /** The ledger's clock, Unix ms. */
  readonly now?: () => number;
  /** What the application sees of the ledger, other than the ledger itself. */
  readonly ledger?: (real: Ledger) => Ledger;
  /** What stands between the ledger and its jobs. */
  readonly engine?: (real: Engine) => Engine;
}

/** The application over its fetch handler, before a ledger in memory, with the real client. */
export async function createGateway(gatewayOptions: GatewayOptions) {
  const { wechat: options, resources, now = Date.now, ledger: seen } = gatewayOptions;
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(line) } });
  const opened = await openTestLedger({
    dataKey: randomBytes(32),
    log,
    now,
    ...(gatewayOptions.engine && { engine: gatewayOptions.engine }),
  });
  const wechat = createWechatPay(options);
  const queries = createObservationFilter(opened);
  const stopping = new AbortController();
  let streams = 0;
  const bus: Ledger['bus'] = {
    ...opened.bus,
    subscribe: (...how) => {
      const unsubscribe = opened.bus.subscribe(...how);
      streams += 1;
      let open = true;
      return () => {
        streams -= open ? 1 : 0;
        open = false;
        unsubscribe();
      };
    },
  };
  const counted = { ...opened, bus };
  const app = createApp({
    authenticator: createAuthenticator({ kind: 'none' }, log),
    wechat,
    ledger: seen ? seen(counted) : counted,
    queries,
    log,
    defaults: { appid: APPID, serviceId: SERVICE_ID },
    launchKey: () => undefined,
    inputRules: 'all',
    stopping: stopping.signal,
    isReady: () => true,
    graphiql: undefined,
    corsOrigins: [],
    ...noLimits(),
    ...resources,
  });
  const own = streams;
  return {
    app,
    wechat,
    ledger: opened,
    stopping,
    logged: () => lines.join(''),
    /** How many streams of events listen to the bus. */
    streams: () => streams - own,
    run: async (query: string, variables: JsonObject = {}): Promise<unknown> => {
      const response = await app.fetch(graphqlRequest({ query, variables }));
      return await response.json();
    },
    /** How many rows there are, once what is being written is written. */
    rows: async () => {
      await opened.idle();
      const count = async (table: 'orders' | 'events' | 'notices') =>
        (await opened.store.db.selectFrom(table).selectAll().execute()).length;
      return {
        orders: await count('orders'),
        events: await count('events'),
        notifications: await count('notices'),
      };
    },
    /** Records what somebody has seen of an order. */
    see: (changes: Partial<Observation> = {}): Promise<Observed> => {
      const observation = { ...SEEN, occurredAt: opened.now(), ...changes };
      return opened.recordObservation(observation);
    },
    close: async () => {
      stopping.abort();
      await app.dispose();
      await wechat.close();
      await opened.close();
    },
  };
}

export type Gateway = Awaited<ReturnType<typeof createGateway>>;

const SEEN = {
  outOrderNo: 'N1',
  appid: APPID,
  serviceId: SERVICE_ID,
  state: 'CREATED',
  source: 'QUERY',
} as const;

export interface LifeOptions extends Pick<GatewayOptions, 'resources' | 'engine'> {
  readonly rules?: SandboxOptions['rules'];
  readonly timeoutMs?: number;
}

/** The same before a real sandbox, over HTTP. Nobody pays there unless the test says so. */
export async function createLife({ rules, timeoutMs, resources, engine }: LifeOptions = {}) {
  let calls: readonly SandboxCall[] = [];
  const sandbox = await startSandbox({
    rules: { payDelaySeconds: null, ...rules },
    onCall: (call) => {
      calls = [...calls, call];
    },
  });
  const { credentials } = sandbox;
  const gateway = await createGateway({
    wechat: {
      mchid: credentials.WECHAT_MCHID,
      merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
      merchantKey: credentials.WECHAT_MERCHANT_KEY,
      publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
      publicKey: credentials.WECHAT_PUBLIC_KEY,
      apiv3Key: credentials.WECHAT_APIV3_KEY,
      baseUrl: credentials.WECHAT_BASE_URL,
      timeoutMs,
      // These tests fail call after call, to see what each one does.
      resilience: {
        breakerAttempts: Number.POSITIVE_INFINITY,
        maxRetries: Number.POSITIVE_INFINITY,
      },
    },
    resources: { launchKey: () => credentials.WECHAT_APIV2_KEY, ...resources },
    ...(engine && { engine }),
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, init);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(text);
    }
    return JSON.parse(text);
  };
  return {
    ...gateway,
    sandbox,
    control,
    user: (does: 'confirm' | 'pay' | 'expire', outOrderNo: string) =>
      control('POST', `orders/${encodeURIComponent(outOrderNo)}/${does}`),
    inject: (fault: JsonObject) => control('POST', 'faults', { times: null, ...fault }),
    clearFaults: () => control('DELETE', 'faults'),
    /** The calls that were answered, or cut off, since they were last forgotten. */
    calls: (kind?: CallKind) => calls.filter((call) => kind === undefined || call.kind === kind),
    forgetCalls: () => {
      calls = [];
    },
    close: async () => {
      await gateway.close();
      await sandbox.close();
    },
  };
}

export type Life = Awaited<ReturnType<typeof createLife>>;

/** A GraphQL request as a well-behaved caller sends it. */
export function graphqlRequest(
  body: { readonly query: string; readonly variables?: JsonObject },
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
) {
  return new Request('http://app/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  });
}

export function newNumber(): string {
  return `L${randomBytes(8).toString('hex')}`;
}
