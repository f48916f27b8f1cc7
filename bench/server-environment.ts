import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variables } from './work/merchant.ts';

/** How our server is run: as in production, and what its callers send. */
export interface ServerEnvironment {
  readonly env: Variables;
  readonly headers: Variables;
}

/** With `orders:complete`, which sees `finishTicket`. */
const SCOPES = ['orders:create', 'orders:read', 'orders:complete', 'orders:any', 'events:read'];
/** The limits are enabled, but high, so that their cost is measured. */
const LIMITS = {
  RATE_LIMIT_PER_SECOND: '1000000',
  MAX_IN_FLIGHT: '4096',
  MAX_STREAMS: '100000',
  MAX_STREAMS_PER_CALLER: '100000',
};

/** @param directory of its ledger and other files */
export async function serverEnvironment(directory: string): Promise<ServerEnvironment> {
  const key = await makeKey(directory);
  return {
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: `sqlite:${ledgerFile(directory)}`,
      DATA_KEY: randomBytes(32).toString('base64'),
      ...LIMITS,
      ...key.env,
    },
    headers: key.headers,
  };
}

/** An API key; the server sees only its hash. */
async function makeKey(directory: string): Promise<ServerEnvironment> {
  const file = join(directory, 'keys.json');
  const secret = randomBytes(32).toString('base64url');
  const sha256 = createHash('sha256').update(secret).digest('hex');
  await writeFile(file, JSON.stringify({ bench: { client: 'bench', sha256, scopes: SCOPES } }), {
    mode: 0o600,
  });
  return {
    env: { API_KEYS_FILE: file },
    headers: { authorization: `Bearer bench.${secret}` },
  };
}

export function ledgerFile(directory: string): string {
  return join(directory, 'ledger.db');
}
