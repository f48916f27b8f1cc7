import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/environment-reader.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { SANDBOX_MCHID } from '../../src/config/upstream.ts';
import {
  DATA_KEY,
  MERCHANT_CERTIFICATE,
  MERCHANT_KEY,
  merchantEnv,
  OTHER_CERTIFICATE,
  problemsOf,
  productionEnv,
  withFile,
} from '../fixtures/process/environment.ts';

describe('without any variable', () => {
  const defaults = {
    production: false,
    host: '127.0.0.1',
    port: 4000,
    authentication: { kind: 'none' },
    stopGraceMs: 500,
    logLevel: 'info',
    upstream: { kind: 'sandbox', port: 4010 },
    appid: undefined,
    serviceId: undefined,
    inputRules: 'all',
    orderCacheMs: 0,
    graphiql: true,
    corsOrigins: [],
    rateLimit: undefined,
    shopperRateLimit: { perSecond: 5, burst: 10 },
    trustedDocuments: undefined,
    maxInFlight: 256,
    reconcilerCallsPerSecond: 10,
    streamLimits: { most: 10_000, perCaller: 100 },
    idleMs: 25_000,
    clientOf: expect.any(Function),
    apiv2Key: undefined,
    databaseUrl: 'sqlite::memory:',
    dataKey: undefined,
  };

  test('without any variable the sandbox is used, on this machine only', () => {
    expect(loadConfig({})).toEqual(defaults);
  });

  test('an empty variable counts as absent', () => {
    const empty = ['HOST', 'PORT', 'SANDBOX_PORT', 'GRAPHIQL', 'INPUT_RULES', 'CORS_ORIGINS'];
    const wechat = ['WECHAT_MCHID', 'WECHAT_MERCHANT_KEY_FILE', 'WECHAT_APIV3_KEY', 'JWKS_URL'];
    const stored = ['DATABASE_URL', 'DATA_KEY', 'DATA_KEY_FILE', 'WECHAT_APIV2_KEY'];
    const env = Object.fromEntries([...empty, ...wechat, ...stored].map((name) => [name, '']));
    expect(loadConfig(env)).toEqual(defaults);
    expect(loadConfig({ PORT: ' \n', WECHAT_MCHID: '  ' })).toEqual(defaults);
  });
});

describe('in use', () => {
  test('in production every variable is read', () => {
    const env = productionEnv({
      PORT: '8080',
      HOST: '0.0.0.0',
      WECHAT_APPID: 'wx1',
      WECHAT_SERVICE_ID: '500001',
      WECHAT_APIV3_KEY_PREVIOUS: 'p'.repeat(32),
      WECHAT_APIV2_KEY: '2'.repeat(32),
      WECHAT_BASE_URL: 'https://api2.mch.weixin.qq.com',
      WECHAT_TIMEOUT_MS: '5000',
      INPUT_RULES: 'confirmed',
      GRAPHIQL: 'on',
      DATABASE_URL: 'postgres://payafter@db.example.com/payafter',
      CORS_ORIGINS: ' https://shop.example.com , http://localhost:3000,',
    });
    expect(loadConfig(env)).toMatchObject({
      production: true,
      host: '0.0.0.0',
      authentication: {
        kind: 'required',
        ways: [
          {
            kind: 'jwt',
            jwksUrl: 'https://id.example.com/jwks',
            issuer: 'https://id.example.com',
            audience: 'payafter',
          },
        ],
      },
      port: 8080,
      appid: 'wx1',
      serviceId: '500001',
      upstream: {
        kind: 'merchant',
        options: {
          mchid: '1900000001',
          merchantSerial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
          merchantKey: MERCHANT_KEY.trim(),
          publicKeyId: 'PUB_KEY_ID_0000000000000024101100397200000006',
          apiv3Key: 'k'.repeat(32),
          apiv3KeyPrevious: 'p'.repeat(32),
          baseUrl: 'https://api2.mch.weixin.qq.com',
          timeoutMs: 5000,
        },
      },
      inputRules: 'confirmed',
      graphiql: true,
      apiv2Key: '2'.repeat(32),
      databaseUrl: 'postgres://payafter@db.example.com/payafter',
      dataKey: Buffer.alloc(32, 0xfb),
      corsOrigins: ['https://shop.example.com', 'http://localhost:3000'],
    });
  });

  test('GraphiQL is off in production unless it is enabled, and can be off elsewhere', () => {
    expect(loadConfig(productionEnv()).graphiql).toBe(false);
    expect(loadConfig(merchantEnv()).graphiql).toBe(true);
    expect(loadConfig({ GRAPHIQL: 'off' }).graphiql).toBe(false);
  });

  test('a secret can come from a file', () => {
    withFile(MERCHANT_KEY, (path) => {
      const env = merchantEnv({ WECHAT_MERCHANT_KEY: undefined, WECHAT_MERCHANT_KEY_FILE: path });
      expect(loadConfig(env).upstream).toMatchObject({
        options: { merchantKey: MERCHANT_KEY.trim() },
      });
    });
  });

  test('a PEM can be written on one line', () => {
    const oneLine = MERCHANT_KEY.replaceAll('\n', '\\n');
    expect(problemsOf(merchantEnv({ WECHAT_MERCHANT_KEY: oneLine }))).toEqual([]);
  });

  test('a file of an editor of Windows is read', () => {
    const bytes = Buffer.from(`\uFEFF${MERCHANT_KEY.replaceAll('\n', '\r\n')}`, 'utf16le');
    withFile(bytes, (path) => {
      const env = merchantEnv({ WECHAT_MERCHANT_KEY: undefined, WECHAT_MERCHANT_KEY_FILE: path });
      expect(problemsOf(env)).toEqual([]);
    });
  });

  test('a binary file is named', () => {
    withFile(Buffer.from([0x30, 0x82, 0x0a, 0x00, 0xff]), (path) => {
      const env = merchantEnv({ WECHAT_MERCHANT_KEY: undefined, WECHAT_MERCHANT_KEY_FILE: path });
      expect(problemsOf(env)).toContainEqual(
        expect.stringMatching(
          /^WECHAT_MERCHANT_KEY_FILE names a file that is not text, .*PEM form/,
        ),
      );
    });
  });

  test('the merchant certificate can be set in place of its serial number', () => {
    expect(problemsOf(merchantEnv({ WECHAT_MERCHANT_SERIAL: MERCHANT_CERTIFICATE }))).toEqual([]);
  });

  test('the public key and its id can both come from files, so that both change on SIGHUP', () => {
    const { WECHAT_PUBLIC_KEY: key = '', WECHAT_PUBLIC_KEY_ID: id = '' } = merchantEnv();
    withFile(key, (keyFile) =>
      withFile(`${id}\n`, (idFile) => {
        const env = merchantEnv({
          ...{ WECHAT_PUBLIC_KEY: undefined, WECHAT_PUBLIC_KEY_FILE: keyFile },
          ...{ WECHAT_PUBLIC_KEY_ID: undefined, WECHAT_PUBLIC_KEY_ID_FILE: idFile },
        });
        expect(loadConfig(env).upstream).toMatchObject({ options: { publicKeyId: id } });
      }),
    );
  });

  test('platform certificates can be set in place of the public key', () => {
    const env = merchantEnv({
      WECHAT_PUBLIC_KEY: undefined,
      WECHAT_PUBLIC_KEY_ID: undefined,
      WECHAT_PLATFORM_CERTIFICATES: `${OTHER_CERTIFICATE}\n${OTHER_CERTIFICATE}`,
    });
    expect(problemsOf(env)).toEqual([]);
  });
});

describe('what outlives a request', () => {
  test('the ledger is a file for a real merchant, and in memory for the sandbox', () => {
    expect(loadConfig(merchantEnv()).databaseUrl).toBe('sqlite:data/payafter.db');
    expect(loadConfig({}).databaseUrl).toBe('sqlite::memory:');
  });

  test.each(['sqlite:orders.db', 'sqlite::memory:', 'postgresql://db/payafter'])(
    'the ledger is %s if DATABASE_URL says so',
    (url) => {
      expect(loadConfig({ DATABASE_URL: url, DATA_KEY }).databaseUrl).toBe(url);
    },
  );

  test.each([
    ['with its padding', DATA_KEY],
    ['without it', DATA_KEY.replace('=', '')],
    ['in the alphabet of URLs', DATA_KEY.replaceAll('+', '-').replaceAll('/', '_')],
  ])('DATA_KEY is 32 bytes in Base64 %s', (_, text) => {
    expect(loadConfig({ DATA_KEY: text }).dataKey).toEqual(Buffer.alloc(32, 0xfb));
  });

  test('DATABASE_URL and DATA_KEY can come from files, as secrets do', () => {
    withFile(`${DATA_KEY}\n`, (path) => {
      expect(loadConfig({ DATA_KEY_FILE: path }).dataKey).toEqual(Buffer.alloc(32, 0xfb));
    });
    withFile('postgres://u:p@db/payafter\n', (path) => {
      const config = loadConfig({ DATABASE_URL_FILE: path, DATA_KEY });
      expect(config.databaseUrl).toBe('postgres://u:p@db/payafter');
    });
  });

  test('DATA_KEY is not required in development, unless several servers share the ledger', () => {
    expect(problemsOf(merchantEnv())).toEqual([]);
    expect(problemsOf(merchantEnv({ DATABASE_URL: 'postgres://db/payafter' }))).toHaveLength(1);
  });
});

describe('problems', () => {
  test('problems are reported together, each with what to do', () => {
    const env = merchantEnv({
      HOST: '0.0.0.0',
      PORT: '99999',
      GRAPHIQL: 'yes',
      INPUT_RULES: 'some',
      CORS_ORIGINS: 'https://shop.example.com/',
      JWKS_URL: 'https://id.example.com/jwks',
      DATABASE_URL: 'mysql://db',
      DATA_KEY: 'short',
      WECHAT_MCHID: 'abc',
      WECHAT_TIMEOUT_MS: '1',
      WECHAT_PUBLIC_KEY_ID: undefined,
      WECHAT_APIV2_KEY: 'short',
    });
    expect(
      problemsOf(env)
        .map((line) => line.split(' ')[0])
        .toSorted(),
    ).toEqual([
      'CORS_ORIGINS',
      'DATABASE_URL',
      'DATA_KEY',
      'GRAPHIQL',
      'INPUT_RULES',
      'JWT_AUDIENCE',
      'JWT_ISSUER',
      'PORT',
      'WECHAT_APIV2_KEY',
      'WECHAT_MCHID',
      'WECHAT_PUBLIC_KEY_ID',
      'WECHAT_TIMEOUT_MS',
    ]);
    const message = new ConfigError([{ variable: 'PORT', problem: 'is bad.' }]).message;
    expect(message).toBe("Can't start with this configuration:\n- PORT is bad.");
  });
});

test('the URL for webhooks may be http only with the merchant of the sandbox', () => {
  const url = 'https://shop.example/wechat/notify';
  expect(loadConfig(merchantEnv({ WECHAT_NOTIFY_URL: url })).notifyUrl).toBe(url);
  const local = 'http://127.0.0.1:4000/wechat/notify';
  const sandbox = { WECHAT_MCHID: SANDBOX_MCHID, WECHAT_NOTIFY_URL: local };
  expect(loadConfig(merchantEnv(sandbox)).notifyUrl).toBe(local);
});
