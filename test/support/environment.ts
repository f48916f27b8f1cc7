import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Environment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { issueCertificate } from '../../src/sandbox/certificate.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const merchant = pair();
const platform = pair();

export const MERCHANT_KEY = merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const MERCHANT_CERTIFICATE = issueCertificate(
  merchant.privateKey,
  '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  Date.now(),
).pem;
export const OTHER_CERTIFICATE = issueCertificate(
  platform.privateKey,
  '7157F09EFDC096DE15EBE81A47057A7232F1B8E2',
  Date.now(),
).pem;

export const DATA_KEY = Buffer.alloc(32, 0xfb).toString('base64');

/** The variables of a real merchant, nothing wrong with them; `undefined` takes one out. */
export function merchantEnv(changes: Environment = {}): Environment {
  return {
    WECHAT_MCHID: '1900000001',
    WECHAT_MERCHANT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
    WECHAT_MERCHANT_KEY: MERCHANT_KEY,
    WECHAT_PUBLIC_KEY_ID: 'PUB_KEY_ID_0000000000000024101100397200000006',
    WECHAT_PUBLIC_KEY: platform.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    WECHAT_APIV3_KEY: 'k'.repeat(32),
    ...changes,
  };
}

/** The variables of an issuer of tokens. */
export const TOKENS: Environment = {
  JWKS_URL: 'https://id.example.com/jwks',
  JWT_ISSUER: 'https://id.example.com',
  JWT_AUDIENCE: 'payafter',
};

/** The same in production: it needs a data key and authentication too. */
export function productionEnv(changes: Environment = {}): Environment {
  return merchantEnv({ NODE_ENV: 'production', DATA_KEY, ...TOKENS, ...changes });
}

/** `VARIABLE problem` of every problem of an environment; empty where it can be used. */
export function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    return error.problems.map(({ variable, problem }) => `${variable} ${problem}`);
  }
}

/** Runs with a file of this content, and removes it. */
export function withFile<T>(content: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  try {
    const path = join(folder, 'secret.pem');
    writeFileSync(path, content);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
