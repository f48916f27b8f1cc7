import type { EnvironmentReader } from './environment.ts';

/** @param sandbox whether orders live in the sandbox */
export function readDatabase(from: EnvironmentReader, sandbox: boolean): string {
  const url = from.secret('DATABASE_URL');
  if (url === undefined) {
    // The sandbox's orders and keys are gone when it stops: so is what was recorded of them.
    return sandbox ? 'sqlite::memory:' : 'sqlite:data/payafter.db';
  }
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(url)) {
    from.addProblem('DATABASE_URL', 'is neither sqlite:<path> nor postgres://…');
  }
  return url;
}

/** 32 bytes; undefined where one is to be made beside the database. */
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
        ? 'every instance on one PostgreSQL needs the same'
        : 'production needs it';
      from.addProblem(
        'DATA_KEY',
        `is missing (${why}): 32 bytes in Base64, from: openssl rand -base64 32`,
      );
    }
    return undefined;
  }
  // Node reads any text as Base64 and skips what is none: a passphrase would pass for a key.
  if (!/^[\w+/-]{43}=?$/.test(text)) {
    from.addProblem(
      'DATA_KEY',
      'is not 32 bytes in Base64: make one with: openssl rand -base64 32',
    );
  }
  return Buffer.from(text, 'base64');
}
