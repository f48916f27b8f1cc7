import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPES } from '../../src/auth/caller.ts';

/** A caller with every scope, and one that may not read the schema. */
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

/** The credentials of callers, over HTTP and WebSocket. */
export const CALLER: Readonly<Record<string, string>> = credential('everything');
export const WITHOUT_SCHEMA: Readonly<Record<string, string>> = credential('work');

/** The same caller in a browser, which prompts for a user name and a password. */
export const BROWSER: Readonly<Record<string, string>> = {
  authorization: `Basic ${Buffer.from(`everything:${KEYS.everything.secret}`).toString('base64')}`,
};

/** The variables that configure these callers. */
export function callerVariables(directory: string): Readonly<Record<string, string>> {
  const file = join(directory, 'api-keys.json');
  const entries = Object.entries(KEYS).map(([name, { secret, scopes }]) => {
    const sha256 = createHash('sha256').update(secret).digest('hex');
    return [name, { client: name, sha256, scopes }];
  });
  writeFileSync(file, JSON.stringify(Object.fromEntries(entries)));
  return { API_KEYS_FILE: file };
}
