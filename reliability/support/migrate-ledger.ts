import { migrateSqliteFile } from '../../src/ledger/database/sqlite/sqlite.ts';

/** A process that migrates a SQLite ledger, and prints its progress. */
const [path = ''] = process.argv.slice(2);
await migrateSqliteFile(path, {
  info: (fields, message) => process.stdout.write(`${message} ${JSON.stringify(fields)}\n`),
});
