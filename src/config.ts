import type { InputRules } from './orders/findings.ts';
import { ConfigError, type Environment, type Settings, settings } from './settings.ts';
import {
  checkOptions,
  readSymmetricKey,
  type WechatPayOptions,
  WechatPayOptionsError,
} from './wechat/index.ts';

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Where calls go: the sandbox that is started along, or WeChat Pay for a real merchant. */
  readonly upstream: SandboxUpstream | MerchantUpstream;
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

interface SandboxUpstream {
  readonly kind: 'sandbox';
  readonly port: number;
}

export interface MerchantUpstream {
  readonly kind: 'merchant';
  readonly options: WechatPayOptions;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
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
  const databaseUrl = readDatabase(from, upstream);
  const config: Config = {
    production,
    host: readHost(from),
    port: from.whole('PORT', 0, 65_535) ?? 4000,
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

function readHost(from: Settings): string {
  const host = from.text('HOST') ?? '127.0.0.1';
  if (!LOOPBACK.test(host)) {
    const problem =
      'is not a loopback address, and callers are not authenticated: keep to 127.0.0.1 and let a proxy that authenticates stand before it.';
    from.note('HOST', problem);
  }
  return host;
}

function readUpstream(from: Settings, env: Environment, production: boolean): Config['upstream'] {
  const port = from.whole('SANDBOX_PORT', 0, 65_535) ?? 4010;
  const given = Object.keys(env).filter((name) => name.startsWith('WECHAT_') && from.text(name));
  if (given.length === 0 && !production) {
    return { kind: 'sandbox', port };
  }
  if (given.length === 0) {
    const problem =
      'is missing: production does not run on the sandbox. Set the WECHAT_ variables of a real merchant.';
    from.note('WECHAT_MCHID', problem);
    return { kind: 'sandbox', port };
  }
  return { kind: 'merchant', options: readMerchant(from) };
}

function readMerchant(from: Settings): WechatPayOptions {
  const certificates = from.secret('WECHAT_PLATFORM_CERTIFICATES');
  const options = {
    mchid: from.text('WECHAT_MCHID') ?? '',
    merchantSerial: from.secret('WECHAT_MERCHANT_SERIAL') ?? '',
    merchantKey: from.secret('WECHAT_MERCHANT_KEY') ?? '',
    publicKeyId: from.text('WECHAT_PUBLIC_KEY_ID'),
    publicKey: from.secret('WECHAT_PUBLIC_KEY'),
    platformCertificates: certificates === 'auto' ? undefined : certificates,
    apiv3Key: from.secret('WECHAT_APIV3_KEY'),
    apiv3KeyPrevious: from.secret('WECHAT_APIV3_KEY_PREVIOUS'),
    baseUrl: from.text('WECHAT_BASE_URL'),
    timeoutMs: from.whole('WECHAT_TIMEOUT_MS', 100, 60_000),
  };
  if (certificates === 'auto') {
    const problem = 'can not be auto in this version: give the PEM certificates, or a public key.';
    from.note('WECHAT_PLATFORM_CERTIFICATES', problem);
  }
  noteOptionProblems(from, options);
  return options;
}

/** The client's own check, under the names of the variables. */
function noteOptionProblems(from: Settings, options: WechatPayOptions): void {
  try {
    checkOptions(options);
  } catch (error) {
    if (!(error instanceof WechatPayOptionsError)) {
      throw error;
    }
    const noted = new Set(from.problems.map(({ variable }) => variable.replace(/_FILE$/, '')));
    for (const { option, problem } of error.problems) {
      const variable = `WECHAT_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      if (!noted.has(variable)) {
        from.note(variable, problem);
      }
    }
  }
}

function readLaunchKey(from: Settings): string | undefined {
  const apiv2Key = from.secret('WECHAT_APIV2_KEY');
  const read = apiv2Key === undefined ? undefined : readSymmetricKey(apiv2Key);
  if (read !== undefined && 'problem' in read) {
    from.note('WECHAT_APIV2_KEY', read.problem);
  }
  return apiv2Key;
}

function readDatabase(from: Settings, upstream: Config['upstream']): string {
  const url = from.secret('DATABASE_URL');
  if (url === undefined) {
    // The sandbox's orders and keys are gone when it stops: so is what was recorded of them.
    return upstream.kind === 'sandbox' ? 'sqlite::memory:' : 'sqlite:data/payafter.db';
  }
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(url)) {
    from.note('DATABASE_URL', 'is neither sqlite:<path> nor postgres://…');
  }
  return url;
}

function readDataKey(from: Settings, production: boolean, databaseUrl: string): Buffer | undefined {
  const text = from.secret('DATA_KEY');
  const shared = databaseUrl.startsWith('postgres');
  if (text === undefined) {
    if (production || shared) {
      const why = shared
        ? 'every instance on one PostgreSQL needs the same'
        : 'production needs it';
      from.note(
        'DATA_KEY',
        `is missing (${why}): 32 bytes in Base64, from: openssl rand -base64 32`,
      );
    }
    return undefined;
  }
  // Node reads any text as Base64 and skips what is none: a passphrase would pass for a key.
  if (!/^[\w+/-]{43}=?$/.test(text)) {
    from.note('DATA_KEY', 'is not 32 bytes in Base64: make one with: openssl rand -base64 32');
  }
  return Buffer.from(text, 'base64');
}

function readOrigins(from: Settings): readonly string[] {
  const origins = from.list('CORS_ORIGINS');
  if (origins.some((origin) => URL.parse(origin)?.origin !== origin)) {
    from.note('CORS_ORIGINS', 'holds what is no origin such as https://shop.example.com.');
  }
  return origins;
}
