import { tryStore } from '../../ledger/database/check-database.ts';
import { NewerSchemaError } from '../../ledger/database/migrations.ts';
import { codeOf, type Finding, fail, ok, warn } from './finding.ts';

const MEMORY = 'sqlite::memory:';

export async function examineDatabase(
  url: string,
  dataKey: Buffer | undefined,
): Promise<readonly Finding[]> {
  return [await openable(url), dataKeyOf(url, dataKey)];
}

async function openable(url: string): Promise<Finding> {
  const kind = url.startsWith('sqlite:') ? url : 'PostgreSQL';
  if (url === MEMORY) {
    return warn('database', 'in memory: orders and intents are forgotten when the server stops.');
  }
  try {
    const found = await tryStore(url);
    return found === 'usable'
      ? ok('database', `${kind} opens and can be written.`)
      : ok('database', `${kind} is not there yet: the server makes it.`);
  } catch (error) {
    return error instanceof NewerSchemaError
      ? fail('database', error.message)
      : fail(
          'database',
          `${kind} can not be opened or written (${codeOf(error)}): is it there, may this user write? Check DATABASE_URL.`,
        );
  }
}

function dataKeyOf(url: string, dataKey: Buffer | undefined): Finding {
  if (dataKey !== undefined) {
    return ok('DATA_KEY', 'is set: keep it, what it sealed can not be read without it.');
  }
  return url === MEMORY
    ? ok('DATA_KEY', 'is not needed for a database in memory.')
    : warn(
        'DATA_KEY',
        'is not set: one is kept in a file beside the database. Production needs it.',
      );
}
