import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Variables } from './work/merchant.ts';

/** How our server is run: as in production, and what its callers send. */
export interface ServerEnvironment {
  readonly env: Variables;
  readonly headers: Variables;
}

/** @param directory where its ledger is, and what else it reads */
export function serverEnvironment(directory: string): Promise<ServerEnvironment> {
  return Promise.resolve({
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: `sqlite:${ledgerFile(directory)}`,
      DATA_KEY: randomBytes(32).toString('base64'),
    },
    headers: {},
  });
}

export function ledgerFile(directory: string): string {
  return join(directory, 'ledger.db');
}
