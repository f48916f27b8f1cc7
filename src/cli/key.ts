import { hash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseApiKeys } from '../auth/api-key-file.ts';

const USAGE = `npm run key -- --client <name> --scopes <scope,scope> [--file keys.json] [--expires 2027-01-31T00:00:00Z]
`;

const ABOUT_ORDERS = /^(orders|events):/;

/** Makes an API key: tells it once, and keeps only its hash. */
const { values } = parseArgs({
  options: {
    client: { type: 'string' },
    scopes: { type: 'string' },
    file: { type: 'string' },
    expires: { type: 'string' },
  },
});
const { client, scopes, file, expires } = values;
if (client === undefined || scopes === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else {
  const id = `${client.replace(/[^\w-]/g, '-').slice(0, 40)}-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(32).toString('base64url');
  const made = addApiKey({ id, secret, client, scopes: scopes.split(','), expires, file });
  if ('problems' in made) {
    process.stderr.write(`${made.problems.map((problem) => `- ${problem}`).join('\n')}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(made.told);
    process.stdout.write(`${id}.${secret}\n`);
  }
}

interface NewKey {
  readonly id: string;
  readonly secret: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
  /** Left out: the entry is told, and nothing is written. */
  readonly file: string | undefined;
}

type Added = { readonly told: string } | { readonly problems: readonly string[] };

/** Puts the hash of a key into the file, readable for its owner alone. A file that would be bad stays as it is. */
function addApiKey({ id, secret, client, scopes, expires, file }: NewKey): Added {
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
