import { readFile, writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { readArguments } from '../src/cli/usage.ts';
import { schema } from '../src/schema/index.ts';

/** Writes schema.graphql; with --check it only compares and fails where it is out of date. */
const file = new URL('../schema.graphql', import.meta.url);
const printed = `${printSchema(schema)}\n`;
const USAGE = `Usage: npm run schema -- [--check]

Writes schema.graphql; with --check it only compares.
`;
const { values } = readArguments(USAGE, { options: { check: { type: 'boolean' } } });
if (!values.check) {
  await writeFile(file, printed);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== printed) {
  process.stderr.write('schema.graphql is out of date: npm run schema\n');
  process.exitCode = 1;
}
