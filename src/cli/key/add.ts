import { hash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseApiKeys } from '../../auth/api-key-file.ts';

export interface NewKey {
  readonly id: string;
  readonly secret: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
  /** Left out: the entry is told, and nothing is written. */
  readonly file: string | undefined;
}

export type Added = { readonly told: string } | { readonly problems: readonly string[] };

const ABOUT_ORDERS = /^(orders|events):/;

/** Puts the hash of a key into the file, readable for its owner alone. A file that would be bad stays as it is. */
export function addApiKey({ id, secret, client, scopes, expires, file }: NewKey): Added {
  const words = scopes.map((scope) => scope.trim()).filter(Boolean);
  const entry = { client, sha256: hash('sha256', secret), scopes: words, expires };
  const before = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const known = parseApiKeys(before, Date.now());
  if ('problems' in known && before.trim() !== '{}') {
    return { problems: known.problems.map((problem) => `${file} ${problem}`) };
  }
  const entries: object = JSON.parse(before);
  const text = `${JSON.stringify({ ...entries, [id]: entry }, null, 2)}\n`;
  const read = parseApiKeys(text, Date.now());
  if ('problems' in read) {
    return { problems: read.problems };
  }
  const shopless = words.some((word) => ABOUT_ORDERS.test(word)) && !words.includes('orders:any');
  const note = shopless
    ? 'Mind: an API key names no user. To do anything with orders it needs the scope orders:any too.\n'
    : '';
  if (file === undefined) {
    const lines = JSON.stringify({ [id]: entry }, null, 2);
    return {
      told: `${note}Put this into the file of API_KEYS_FILE:\n${lines}\nThe key, told only now:\n`,
    };
  }
  // Whole or not at all: a server may read it at any moment.
  const aside = `${file}.new`;
  writeFileSync(aside, text, { mode: 0o600 });
  chmodSync(aside, 0o600);
  renameSync(aside, file);
  return { told: `${note}Added to ${file}. Servers read it on SIGHUP. The key, told only now:\n` };
}
