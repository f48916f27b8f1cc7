import { readDatabase, readDataKey } from './config/database.ts';
import { readHost, readOrigins } from './config/http.ts';
import { readLaunchKey, readUpstream, type Upstream } from './config/upstream.ts';
import type { InputRules } from './orders/findings.ts';
import { ConfigError, type Environment, settings } from './settings.ts';

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Between the first 503 of /ready and the first refusal. */
  readonly stopGraceMs: number;
  readonly upstream: Upstream;
  /** Undefined: the sandbox's own, or none. */
  readonly appid: string | undefined;
  readonly serviceId: string | undefined;
  readonly inputRules: InputRules;
  readonly graphiql: boolean;
  readonly corsOrigins: readonly string[];
  /** Signs launch data. */
  readonly apiv2Key: string | undefined;
  readonly databaseUrl: string;
  /** 32 bytes; undefined: one is made beside the database, which is gone with it or kept with it. */
  readonly dataKey: Buffer | undefined;
}

/** Setting one of these and not getting what it promises would be worse than not starting. */
const NOT_SUPPORTED = [
  'API_KEYS_FILE',
  'JWKS_URL',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'TRUSTED_PROXIES',
];

/** Reads the environment. Throws one {@link ConfigError} that names every problem. */
export function loadConfig(env: Environment): Config {
  const from = settings(env);
  const production = env['NODE_ENV'] === 'production';
  const upstream = readUpstream(from, env, production);
  const databaseUrl = readDatabase(from, upstream.kind === 'sandbox');
  const config: Config = {
    production,
    host: readHost(from),
    port: from.whole('PORT', 0, 65_535) ?? 4000,
    stopGraceMs: from.whole('STOP_GRACE_MS', 0, 5_000) ?? 500,
    upstream,
    appid: from.text('WECHAT_APPID'),
    serviceId: from.text('WECHAT_SERVICE_ID'),
    inputRules: from.choice('INPUT_RULES', 'all', 'confirmed') ?? 'all',
    graphiql: (from.choice('GRAPHIQL', 'on', 'off') ?? (production ? 'off' : 'on')) === 'on',
    corsOrigins: readOrigins(from),
    apiv2Key: readLaunchKey(from),
    databaseUrl,
    dataKey: readDataKey(from, production, databaseUrl),
  };
  for (const variable of NOT_SUPPORTED.filter((name) => from.text(name) !== undefined)) {
    from.note(variable, 'is not supported by this version: leave it out.');
  }
  if (from.problems.length > 0) {
    throw new ConfigError(from.problems);
  }
  return config;
}
