import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EnvironmentReader } from './environment-reader.ts';

const KEY_BYTES = 32;

/** @param sandbox whether orders live in the sandbox */
export function readDatabase(from: EnvironmentReader, sandbox: boolean): string {
  const url = from.secret('DATABASE_URL');
  if (url === undefined) {
    // The sandbox's orders and keys are lost when it stops, and with them the records.
    return sandbox ? 'sqlite::memory:' : 'sqlite:data/payafter.db';
  }
  const problem = url.startsWith('sqlite:')
    ? pathProblem(url.slice('sqlite:'.length))
    : POSTGRES_URL.test(url)
      ? serverProblem(url)
      : ONE_OF;
  if (problem !== undefined) {
    from.addProblem('DATABASE_URL', problem);
  }
  return url;
}

const POSTGRES_URL = /^postgres(ql)?:\/\/.+$/;
const ONE_OF = 'must be sqlite:<path> or postgres://…';

/** Options of other programs, which pg ignores. */
const WITHOUT_EFFECT = [
  ...['schema', 'search_path', 'pgbouncer', 'connection_limit', 'pool_timeout'],
  ...['connect_timeout', 'target_session_attrs', 'channel_binding', 'passfile'],
];
/** Options of libpq about TLS, which pg ignores too. */
const TLS_WITHOUT_EFFECT = [
  ...['sslcrl', 'sslcrldir', 'sslpassword', 'sslcertmode', 'sslsni', 'sslaccept'],
  ...['ssl_min_protocol_version', 'ssl_max_protocol_version', 'require_auth', 'gssencmode'],
];
const TLS_FILES = ['sslrootcert', 'sslcert', 'sslkey'];
const SSL_VALUES = ['true', '1', '0', 'no-verify'];
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** What pg would ignore or misunderstand. */
function serverProblem(url: string): string | undefined {
  const [, authority = ''] = /^[^:]+:\/\/([^/?]*)/.exec(url) ?? [];
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) {
    return 'names several hosts: use one name that always leads to the primary.';
  }
  const options = new URLSearchParams(url.split('?')[1] ?? '');
  const ignored = [...WITHOUT_EFFECT, ...TLS_WITHOUT_EFFECT].find((name) => options.has(name));
  if (ignored !== undefined) {
    return `has the option ${ignored}, which has no effect: remove it.`;
  }
  const mode = options.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    return `has an unknown sslmode: use one of ${SSL_MODES.join(', ')}.`;
  }
  const ssl = options.get('ssl');
  if (ssl !== null && !SSL_VALUES.includes(ssl)) {
    return 'has an unknown value of ssl: use sslmode, such as sslmode=disable.';
  }
  return TLS_FILES.map((name) => tlsFileProblem(name, options.get(name))).find(
    (problem) => problem !== undefined,
  );
}

function tlsFileProblem(name: string, file: string | null): string | undefined {
  if (file === null) {
    return undefined;
  }
  if (file === 'system') {
    return `has ${name}=system, which is no file: remove it, public CAs are trusted without it.`;
  }
  try {
    const text = readFileSync(file, 'utf8');
    const label = name === 'sslkey' ? 'PRIVATE KEY' : 'CERTIFICATE';
    return text.includes(`${label}-----`)
      ? undefined
      : `has an ${name} that contains no ${label} in PEM.`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return `has an ${name} that cannot be read (${code}): correct its path, or the rights of the file.`;
  }
}

/** Why a path would be another file than it looks like. */
function pathProblem(path: string): string | undefined {
  if (path === ':memory:') {
    return undefined;
  }
  if (path.startsWith('//')) {
    return 'has slashes that would make its path absolute: write sqlite:data/payafter.db, or sqlite:/var/lib/payafter/payafter.db.';
  }
  if (/^:?memory:?$/i.test(path)) {
    return 'would be a file of this name: for a database in memory write sqlite::memory:.';
  }
  if (/^(~|file:)|[?$]|%[\da-f]{2}/i.test(path)) {
    return 'has a path that is used as it is, without ~, variables, options or escapes: write the whole path.';
  }
  return path === '' || /^\s|[/\\]$/.test(path) ? ONE_OF : undefined;
}

/** PostgreSQL past a transaction pooler. */
export function readListenUrl(from: EnvironmentReader, databaseUrl: string): string | undefined {
  const url = from.secret('DATABASE_LISTEN_URL');
  if (url !== undefined && !databaseUrl.startsWith('postgres')) {
    from.addProblem('DATABASE_LISTEN_URL', 'requires a PostgreSQL DATABASE_URL: set both.');
  } else if (url !== undefined) {
    const problem = POSTGRES_URL.test(url) ? serverProblem(url) : 'must be postgres://…';
    if (problem !== undefined) {
      from.addProblem('DATABASE_LISTEN_URL', problem);
    }
  }
  return url;
}

/** 32 bytes; undefined if one is created beside the database. */
export function readDataKey(
  from: EnvironmentReader,
  production: boolean,
  databaseUrl: string,
): Buffer | undefined {
  const text = from.secret('DATA_KEY');
  const shared = databaseUrl.startsWith('postgres');
  if (text === undefined) {
    if (production || shared) {
      const why = shared
        ? 'all instances of one PostgreSQL database need the same key'
        : 'it is required in production';
      from.addProblem(
        'DATA_KEY',
        `is missing (${why}): set 32 bytes in Base64, from: openssl rand -base64 32`,
      );
    }
    return undefined;
  }
  // Node decodes any text as Base64 and skips invalid characters: a passphrase would be accepted.
  if (!/^[\w+/-]{43}=?$/.test(text)) {
    from.addProblem(
      'DATA_KEY',
      'must be 32 bytes in Base64: create one with: openssl rand -base64 32',
    );
  }
  return Buffer.from(text, 'base64');
}

/**
 * The data key of a development database: kept in a file beside it, created if missing. For a
 * database in memory, a key that is never stored.
 * @returns 32 bytes
 */
export async function loadOrCreateDevelopmentDataKey(databaseUrl: string): Promise<Buffer> {
  const path = databaseUrl.slice('sqlite:'.length);
  if (path === ':memory:') {
    return randomBytes(KEY_BYTES);
  }
  const file = `${path}.key`;
  const kept = await readKey(file);
  if (kept !== undefined) {
    return kept;
  }
  const key = randomBytes(KEY_BYTES);
  await mkdir(dirname(file), { recursive: true });
  return (await keepDurably(file, key.toString('base64'))) ? key : ((await readKey(file)) ?? key);
}

/**
 * Whole and durable before anything is encrypted with it: a power failure must not lose the key of
 * data that it keeps.
 * @returns false if another process has made the file meanwhile
 */
async function keepDurably(file: string, text: string): Promise<boolean> {
  const partial = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(partial, text, { mode: 0o600, flag: 'wx', flush: true });
    await link(partial, file);
    const folder = await open(dirname(file), 'r');
    await folder.sync().finally(() => folder.close());
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    await unlink(partial).catch(() => {});
  }
}

/**
 * Undefined if there is no such file. A damaged one is not replaced: data encrypted with it would
 * be lost.
 */
async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error(`${file} is damaged: restore it, or set DATA_KEY to the key it contained.`);
  }
  return key;
}
