import { hash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseApiKeys } from '../auth/api-key-file.ts';
import { misuse, readArguments } from './usage.ts';

const USAGE = `Usage: npm run key -- --client <name> --scopes <scope,scope> [--file keys.json] [--expires 2027-01-31T00:00:00Z]

Creates an API key: prints it once, and stores only its hash.
`;

const ABOUT_ORDERS = /^(orders|events):/;

/** Creates an API key: prints it once, and stores only its hash. */
const { values } = readArguments(USAGE, {
  options: {
    client: { type: 'string' },
    scopes: { type: 'string' },
    file: { type: 'string' },
    expires: { type: 'string' },
  },
});
const { client, scopes, file, expires } = values;
if (client === undefined || scopes === undefined) {
  misuse(USAGE, 'Missing --client or --scopes.');
} else {
  const id = `${client.replace(/[^\w-]/g, '-').slice(0, 40)}-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(32).toString('base64url');
  const made = addApiKey({ id, secret, client, scopes: scopes.split(','), expires, file });
  if ('problems' in made) {
    process.stderr.write(`${made.problems.map((problem) => `- ${problem}`).join('\n')}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(made.message);
    process.stdout.write(`${id}.${secret}\n`);
  }
}

interface NewKey {
  readonly id: string;
  readonly secret: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
  /** If omitted, the entry is printed and nothing is written. */
  readonly file: string | undefined;
}

type Added = { readonly message: string } | { readonly problems: readonly string[] };

/**
 * Adds the hash of a key to the file, readable only by its owner. An invalid file is not changed.
 */
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
    ? 'Note: an API key does not identify a user. It also needs the scope orders:any to access orders.\n'
    : '';
  if (file === undefined) {
    const lines = JSON.stringify({ [id]: entry }, null, 2);
    return {
      message: `${note}Add this to the file of API_KEYS_FILE:\n${lines}\nThe key, printed only once:\n`,
    };
  }
  // Written atomically, because a server may read it at any moment.
  const aside = `${file}.new`;
  writeFileSync(aside, text, { mode: 0o600 });
  chmodSync(aside, 0o600);
  renameSync(aside, file);
  return {
    message: `${note}Added to ${file}. Servers reload it on SIGHUP. The key, printed only once:\n`,
  };
}
