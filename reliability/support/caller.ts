import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPES } from '../../src/auth/caller.ts';

/** One that may do everything, and one that may work but not look at the schema. */
const KEYS = {
  everything: {
    secret: 'reliability-everything-reliability-everything',
    scopes: SCOPES,
  },
  work: {
    secret: 'reliability-work-reliability-work-reliability-work',
    scopes: ['orders:create', 'orders:read', 'orders:cancel', 'orders:any', 'events:read'],
  },
} as const;

type KeyName = keyof typeof KEYS;
const credential = (name: KeyName) => ({ authorization: `Bearer ${name}.${KEYS[name].secret}` });

/** What callers show of themselves, over HTTP and WebSocket. */
export const CALLER: Readonly<Record<string, string>> = credential('everything');
export const WITHOUT_SCHEMA: Readonly<Record<string, string>> = credential('work');

/** The same caller at a browser, which asks for a name and a password. */
export const BROWSER: Readonly<Record<string, string>> = {
  authorization: `Basic ${Buffer.from(`everything:${KEYS.everything.secret}`).toString('base64')}`,
};

/** The variables by which a server knows these callers. */
export function callerVariables(directory: string): Readonly<Record<string, string>> {
  const file = join(directory, 'api-keys.json');
  const entries = Object.entries(KEYS).map(([name, { secret, scopes }]) => {
    const sha256 = createHash('sha256').update(secret).digest('hex');
    return [name, { client: name, sha256, scopes }];
  });
  writeFileSync(file, JSON.stringify(Object.fromEntries(entries)));
  return { API_KEYS_FILE: file };
}
