import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentProblems } from '../plugins/documents/use-document-limits.ts';
import { schema } from '../schema/index.ts';
import { misuse, readArguments } from './usage.ts';

const USAGE = `Usage: npm run documents -- <folder> [--out documents.json]

Writes the manifest of trusted documents for the .graphql and .gql files of a folder.
`;

/**
 * Writes the manifest of trusted documents for a folder of .graphql files, each one a whole
 * document: SHA-256 → text. If the server would refuse a document, reports it and writes nothing.
 */
const { values, positionals } = readArguments(USAGE, {
  allowPositionals: true,
  options: { out: { type: 'string', default: 'documents.json' } },
});
const [folder] = positionals;
if (folder === undefined) {
  misuse(USAGE, 'Missing folder.');
}
const names = (await readdir(folder, { recursive: true }))
  .filter((name) => /\.(graphql|gql)$/.test(name))
  .toSorted();
const manifest: Record<string, string> = {};
let problems = names.length === 0 ? [`${folder}: no .graphql files`] : [];
for (const name of names) {
  const text = await readFile(join(folder, name), 'utf8');
  manifest[createHash('sha256').update(text).digest('hex')] = text;
  const found = documentProblems(schema, text).map((problem) => `${name}: ${problem}`);
  problems = [...problems, ...found];
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  await writeFile(values.out, `${JSON.stringify(manifest, null, 2)}\n`);
  const count = names.length === 1 ? '1 document' : `${names.length} documents`;
  process.stdout.write(`${count} in ${values.out}\n`);
}
