import { isDeepStrictEqual } from 'node:util';
import type { Authentication } from '../auth/authenticator.ts';
import type { RateLimitOptions, StreamLimits } from '../auth/rate-limit.ts';
import type { InputRules } from '../domain/input-rules.ts';
import type { ClientAddress } from '../http/request-headers.ts';
import { type Hangups, type Reloadable, reloadOnHangup } from '../http/shutdown.ts';
import type { WechatPay, WechatPayKeys } from '../wechat/index.ts';
import { readAuthentication, readDocuments } from './access.ts';
import { readDatabase, readDataKey, readListenUrl } from './database.ts';
import { ConfigError, type Environment, readEnvironment } from './environment-reader.ts';
import { readOutbound } from './forward-proxy.ts';
import { readGraphiql, readHost, readOrigins, readProxies } from './http.ts';
import {
  readIdleMs,
  readMaxInFlight,
  readOrderCacheMs,
  readRateLimit,
  readReconcilerCalls,
  readShopperRateLimit,
  readStreamLimits,
} from './limits.ts';
import { unknownVariables } from './unknown-variables.ts';
import {
  isRealMerchant,
  readLaunchKey,
  readNotifyUrl,
  readUpstream,
  type Upstream,
} from './upstream.ts';

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly authentication: Authentication;
  /** Between the first 503 of /ready and the first rejected request. */
  readonly stopGraceMs: number;
  /** Lines below it are not logged. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly upstream: Upstream;
  /** Undefined: the sandbox's own, or none. */
  readonly appid: string | undefined;
  readonly serviceId: string | undefined;
  /** Where WeChat Pay sends the notifications about a service order. */
  readonly notifyUrl: string | undefined;
  readonly inputRules: InputRules;
  /** How long query results are cached, in ms; 0: only concurrent queries share a call. */
  readonly orderCacheMs: number;
  readonly graphiql: boolean;
  readonly corsOrigins: readonly string[];
  /** Undefined: no rate limit. */
  readonly rateLimit: RateLimitOptions | undefined;
  /** Of callers that act for one user only. Undefined: no rate limit. */
  readonly shopperRateLimit: RateLimitOptions | undefined;
  /** The only documents that are executed, by id; undefined: every document is. */
  readonly trustedDocuments: ReadonlyMap<string, string> | undefined;
  /** Maximum concurrent operations. */
  readonly maxInFlight: number;
  readonly reconcilerCallsPerSecond: number;
  /** Maximum open subscriptions. */
  readonly streamLimits: StreamLimits;
  /** How long a connection may be idle, in ms. */
  readonly idleMs: number;
  readonly clientOf: ClientAddress;
  /** Signs launch data. */
  readonly apiv2Key: string | undefined;
  readonly databaseUrl: string;
  /** Undefined: LISTEN uses `databaseUrl`. */
  readonly databaseListenUrl: string | undefined;
  /** 32 bytes; undefined: one is created beside the database. */
  readonly dataKey: Buffer | undefined;
}

/** Reads the environment. Throws one {@link ConfigError} that lists every problem. */
export function loadConfig(env: Environment): Config {
  const from = readEnvironment(env);
  const production = from.choice('NODE_ENV', 'production', 'development', 'test') === 'production';
  const outbound = readOutbound(from);
  const upstream = readUpstream(from, production, outbound);
  const trustedDocuments = readDocuments(from);
  const real = isRealMerchant(upstream) ? 'a real merchant' : undefined;
  const authentication = readAuthentication(from, production ? 'production' : real, outbound);
  const databaseUrl = readDatabase(from, upstream.kind === 'sandbox');
  const config: Config = {
    production,
    host: readHost(from, authentication.kind !== 'none'),
    port: from.whole('PORT', 0, 65_535) ?? 4000,
    authentication,
    stopGraceMs: from.whole('STOP_GRACE_MS', 0, 5_000) ?? 500,
    logLevel: from.choice('LOG_LEVEL', 'debug', 'info', 'warn', 'error') ?? 'info',
    upstream,
    appid: from.text('WECHAT_APPID'),
    serviceId: from.text('WECHAT_SERVICE_ID'),
    notifyUrl: readNotifyUrl(from, real !== undefined),
    inputRules: from.choice('INPUT_RULES', 'all', 'confirmed') ?? 'all',
    orderCacheMs: readOrderCacheMs(from),
    graphiql: readGraphiql(from, {
      production,
      authenticated: authentication.kind !== 'none',
      anyDocument: trustedDocuments === undefined,
    }),
    corsOrigins: readOrigins(from),
    rateLimit: readRateLimit(from, production),
    shopperRateLimit: readShopperRateLimit(from),
    trustedDocuments,
    maxInFlight: readMaxInFlight(from),
    reconcilerCallsPerSecond: readReconcilerCalls(from),
    streamLimits: readStreamLimits(from),
    idleMs: readIdleMs(from),
    clientOf: readProxies(from),
    apiv2Key: readLaunchKey(from),
    databaseUrl,
    databaseListenUrl: readListenUrl(from, databaseUrl),
    dataKey: readDataKey(from, production, databaseUrl),
  };
  for (const { variable, problem } of unknownVariables(from)) {
    from.addProblem(variable, problem);
  }
  if (from.problems.length > 0) {
    throw new ConfigError(from.problems);
  }
  return config;
}

export interface ReloadOptions {
  readonly env: Environment;
  readonly wechat: Pick<WechatPay, 'tryKeys' | 'useKeys'>;
  /** The current keys. */
  readonly keys: WechatPayKeys;
  readonly apiv2Key: string | undefined;
  /** Other values that are read from files. */
  readonly others: readonly Reloadable[];
  readonly hangups: Hangups;
  readonly log: Readonly<Record<'info' | 'error', (fields: object, message: string) => void>>;
}

/**
 * On SIGHUP, reloads the files named by variables ending in `_FILE`. New keys replace the previous
 * ones when WeChat Pay has accepted a call with them; if one of them is invalid or cannot be tried,
 * all previous keys stay in use. Calls in flight finish with the previous keys.
 */
export function reloadSecrets(options: ReloadOptions) {
  const { env, wechat, keys, apiv2Key, others, hangups, log } = options;
  let current = keysIn(keys);
  let launchKey = apiv2Key;
  const reload = async () => {
    const config = reloadedConfig(env);
    if (config.upstream.kind !== 'merchant') {
      return;
    }
    const next = keysIn(config.upstream.options);
    if (!isDeepStrictEqual(next, current)) {
      const trial = await wechat.tryKeys(next);
      if (trial.kind !== 'accepted') {
        const why = trial.kind === 'refused' ? 'were refused' : 'could not be tried';
        throw new Error(`the new keys ${why}: ${trial.problem}`);
      }
    }
    // Also without a change: certificates are downloaded again.
    wechat.useKeys(next);
    current = next;
    launchKey = config.apiv2Key;
  };
  const report = (read: readonly string[], problems: readonly string[]) => {
    if (problems.length > 0) {
      log.error({ problems, read }, 'SIGHUP: reload failed, the previous values stay in use');
    } else {
      log.info({ read }, 'SIGHUP: reloaded');
    }
  };
  reloadOnHangup([{ name: 'keys', reload }, ...others], report, hangups);
  return { launchKey: () => launchKey };
}

/** The whole configuration is read again, but the server goes on with the previous one. */
function reloadedConfig(env: Environment): Config {
  try {
    return loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      const lines = error.problems.map(({ variable, problem }) => `${variable} ${problem}`);
      throw new Error(lines.join('\n'), { cause: error });
    }
    throw error;
  }
}

function keysIn(options: WechatPayKeys): WechatPayKeys {
  const { merchantSerial, merchantKey, publicKeyId, publicKey } = options;
  const { platformCertificates, apiv3Key, apiv3KeyPrevious } = options;
  return {
    ...{ merchantSerial, merchantKey, publicKeyId, publicKey },
    ...{ platformCertificates, apiv3Key, apiv3KeyPrevious },
  };
}
