const SERVER = 'Check that PostgreSQL is running, and the host and port of DATABASE_URL.';
const STARTING = 'PostgreSQL is starting or stopping: it works again by itself.';
const LOGIN = 'Check the user and password of DATABASE_URL, and pg_hba.conf.';
const CA =
  'Set sslrootcert in DATABASE_URL to the file of the CA that issued the certificate of PostgreSQL, and check that a pooler presents such a certificate too.';
const VALIDITY = 'Renew the certificate of PostgreSQL, and check the clocks.';
const LOCKED = 'Another session holds a lock: find it in pg_stat_activity and end it.';
const FILE = 'Check that this user may read and write the file and its folder.';
const DISK = 'The disk is full: free space. The server then continues by itself.';
const DAMAGED =
  'The file is damaged or no database: restore a backup, or check the path of DATABASE_URL.';
const OTHER_PROCESS = 'Another process holds the lock of the file: end it, or wait for its backup.';

/** By the code of PostgreSQL, of TLS, of the operating system or of this server. */
const HINTS = new Map([
  ['ECONNREFUSED', SERVER],
  ['ECONNRESET', SERVER],
  ['ENOTFOUND', SERVER],
  ['EAI_AGAIN', SERVER],
  ['ETIMEDOUT', SERVER],
  ['EHOSTUNREACH', SERVER],
  ['57P01', STARTING],
  ['57P02', STARTING],
  ['57P03', STARTING],
  ['28P01', LOGIN],
  ['28000', `${LOGIN} If TLS is required there, add sslmode=verify-full to the URL.`],
  ['SELF_SIGNED_CERT_IN_CHAIN', CA],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', CA],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CA],
  ['UNABLE_TO_GET_ISSUER_CERT', CA],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', CA],
  ['CERT_SIGNATURE_FAILURE', CA],
  ['CERT_HAS_EXPIRED', VALIDITY],
  ['CERT_NOT_YET_VALID', VALIDITY],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'Use a host name in DATABASE_URL that the certificate of PostgreSQL names.',
  ],
  // pg has no codes for the following.
  ['Connection terminated', SERVER],
  ['Connection terminated unexpectedly', SERVER],
  ['Connection terminated due to connection timeout', SERVER],
  ['timeout exceeded when trying to connect', SERVER],
  ['timeout expired', SERVER],
  ['Query read timeout', 'PostgreSQL does not answer: check its load, its locks and its disk.'],
  [
    'The server does not support SSL connections',
    'Set ssl = on in postgresql.conf (of PgBouncer client_tls_sslmode), or remove the options of TLS from DATABASE_URL.',
  ],
  ['3D000', 'Create the database, or correct its name in DATABASE_URL.'],
  ['42501', 'Grant the user of DATABASE_URL usage and create on the schema, and its tables.'],
  ['25006', 'DATABASE_URL leads to a read-only PostgreSQL: use the address of the primary.'],
  ['53100', DISK],
  ['53300', 'PostgreSQL has no connection left: raise max_connections, or end other clients.'],
  ['55P03', LOCKED],
  ['57014', LOCKED],
  ['08P01', 'A pooler refuses the connection: see docs/operations/postgresql.md.'],
  ['SQLITE_BUSY', OTHER_PROCESS],
  ['EACCES', FILE],
  ['EPERM', FILE],
  ['EROFS', FILE],
  ['ENOSPC', DISK],
]);

/** By the lower byte of SQLite's code: its name, which Node does not have, and what to do. */
const SQLITE_ERRORS = new Map([
  [5, { name: 'SQLITE_BUSY', hint: OTHER_PROCESS }],
  [8, { name: 'SQLITE_READONLY', hint: FILE }],
  [10, { name: 'SQLITE_IOERR', hint: 'The disk fails or is full: check it.' }],
  [11, { name: 'SQLITE_CORRUPT', hint: DAMAGED }],
  [13, { name: 'SQLITE_FULL', hint: DISK }],
  [14, { name: 'SQLITE_CANTOPEN', hint: FILE }],
  [26, { name: 'SQLITE_NOTADB', hint: DAMAGED }],
]);

/** What the operator can do about an error of a database; undefined if that is not known. */
function hintFor(error: unknown): string | undefined {
  const { code, sqlite } = codesOf(error);
  const known = sqlite?.hint ?? HINTS.get(String(code ?? wordsOf(error)));
  return known ?? (error instanceof Error && error.cause ? hintFor(error.cause) : undefined);
}

/** The code and the message of the database, and a hint. */
export function describeDatabaseError(error: unknown): string {
  const { code } = codesOf(error);
  const text = `${wordsOf(error)}${code === undefined ? '' : ` (${String(code)})`}`;
  const hint = hintFor(error);
  return hint === undefined ? `${text}.` : `${text}. ${hint}`;
}

/** The same error with the hint, unless the database gave one itself, and SQLite's name for its code. */
export function withHint(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  const hint = hintFor(error);
  const hasOwn = 'hint' in error && error.hint !== undefined;
  const { code, sqlite } = codesOf(error);
  return Object.assign(
    error,
    hint !== undefined && !hasOwn && { hint },
    sqlite !== undefined && { code },
  );
}

function codesOf(error: unknown) {
  const of = (name: string): unknown =>
    error instanceof Error ? Reflect.get(error, name) : undefined;
  const errcode = of('errcode');
  const sqlite = typeof errcode === 'number' ? SQLITE_ERRORS.get(errcode & 0xff) : undefined;
  return { code: sqlite?.name ?? of('code'), sqlite };
}

/** A host with several addresses has an error for each, and none of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(wordsOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
