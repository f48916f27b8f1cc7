import { readFileSync } from 'node:fs';
import { SCOPES, type Scope } from './caller.ts';

/** One key in the file: never the secret, only its SHA-256. */
export interface ApiKeyEntry {
  readonly id: string;
  /** The name of the client. Two live keys allow a rotation without downtime. */
  readonly client: string;
  readonly digest: Buffer;
  readonly scopes: ReadonlySet<Scope>;
  /** Unix ms; null: never expires. */
  readonly expiresAt: number | null;
}

/** The file is invalid: fix each of these problems. */
export interface ApiKeyProblems {
  readonly problems: readonly string[];
}

const LIVE_KEYS_A_CLIENT = 2;
const ID = /^[\w-]{1,64}$/;
const CLIENT = /^[\w.-]{1,64}$/;
const HEX = /^[\da-f]{64}$/i;
const BASE64URL = /^[\w-]{43}=?$/;
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const FIELDS = ['client', 'sha256', 'scopes', 'expires'];
const MAKE_ONE = 'create one with: npm run key -- --client <name> --scopes <scopes>';

/** Reads and checks the whole file; reports all problems, without its content. */
export function readApiKeyFile(path: string): readonly ApiKeyEntry[] | ApiKeyProblems {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { problems: [`names a file that cannot be read (${code}): ${path}`] };
  }
  return parseApiKeys(text, Date.now());
}

/**
 * `{ "<id>": { "client": …, "sha256": …, "scopes": […], "expires": … } }`
 * @param now Unix ms
 */
export function parseApiKeys(text: string, now: number): readonly ApiKeyEntry[] | ApiKeyProblems {
  const file = jsonOf(text);
  if (!isRecord(file)) {
    return { problems: [`is not a JSON object of keys: ${MAKE_ONE}`] };
  }
  const problems: string[] = [];
  const note = (id: string, problem: string) => problems.push(`has a key ${id}: ${problem}`);
  const given = Object.entries(file);
  const entries = given.flatMap(([id, entry], index) =>
    readEntry(ID.test(id) ? id : `number ${index + 1}`, id, entry, note),
  );
  if (given.length === 0) {
    problems.push(`contains no key: ${MAKE_ONE}`);
  }
  for (const client of new Set(entries.map((entry) => entry.client))) {
    const live = entries.filter(
      (entry) => entry.client === client && (entry.expiresAt ?? now + 1) > now,
    );
    if (client !== '' && live.length > LIVE_KEYS_A_CLIENT) {
      problems.push(
        `has ${live.length} live keys of the client ${client}: keep ${LIVE_KEYS_A_CLIENT} at most, the current one and the next.`,
      );
    }
  }
  return problems.length > 0 ? { problems } : entries;
}

type Note = (id: string, problem: string) => void;

/** Undefined if it is not an entry. */
function readEntry(
  shown: string,
  id: string,
  entry: unknown,
  note: Note,
): ApiKeyEntry | readonly [] {
  if (!isRecord(entry)) {
    note(shown, `must be an object of ${FIELDS.join(', ')}.`);
    return [];
  }
  const { client, sha256, scopes, expires, ...others } = entry;
  if (!ID.test(id)) {
    note(shown, 'its id must have at most 64 letters, digits, _ and -.');
  }
  if (Object.keys(others).length > 0) {
    note(shown, `may contain only ${FIELDS.join(', ')}.`);
  }
  const named = typeof client === 'string' && CLIENT.test(client);
  if (!named) {
    note(shown, 'client must be the name of the client: at most 64 letters, digits, _ . and -.');
  }
  const listed: readonly unknown[] = Array.isArray(scopes) ? scopes : [];
  const known = SCOPES.filter((scope) => listed.includes(scope));
  if (known.length === 0 || known.length < listed.length) {
    note(shown, `scopes must be a list, each one once, of: ${SCOPES.join(', ')}.`);
  }
  return {
    id,
    client: named ? client : '',
    digest: readDigest(shown, sha256, note),
    scopes: new Set(known),
    expiresAt: readExpiry(shown, expires, note),
  };
}

function readDigest(shown: string, sha256: unknown, note: Note): Buffer {
  const digest = typeof sha256 === 'string' ? sha256 : '';
  if (HEX.test(digest)) {
    return Buffer.from(digest, 'hex');
  }
  if (!BASE64URL.test(digest)) {
    note(shown, 'sha256 must be the SHA-256 of its secret, in hex or Base64url.');
  }
  return Buffer.from(digest, 'base64url');
}

function readExpiry(shown: string, expires: unknown, note: Note): number | null {
  if (expires === undefined || expires === null) {
    return null;
  }
  const at =
    typeof expires === 'string' && INSTANT.test(expires) ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(at)) {
    note(shown, 'expires must be a time such as 2027-01-31T00:00:00Z, or be omitted.');
    return null;
  }
  return at;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
