import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { CHINESE, DESCRIPTIONS, IDENTIFIERS, PHRASES, type Term } from './fixtures/docs/terms.ts';

/** Set it to another checkout to scan that. */
const ROOT = process.env['LANGUAGE_ROOT'] ?? resolve(import.meta.dirname, '..');

/** Which files of the repository are scanned, by the kind of text. */
const SCANNED = {
  code: /^(src|test|bench|reliability|scripts)\/.*\.(ts|js|css|sh|sql)$/,
  schema: /^schema\.graphql$/,
  english: /^(?!docs\/zh\/).*(?<!zh-CN)\.md$|^\.env\.example$/,
  chinese: /(^docs\/zh\/.*|zh-CN)\.md$/,
} as const;

/** The changelog quotes earlier texts, the glossary lists synonyms, and the rest is this test. */
const EXCEPT = [
  ...['CHANGELOG.md', 'CONTEXT.md'],
  ...['test/language.test.ts', 'test/fixtures/docs/terms.ts'],
];

/** A released step of the migration never changes, nor do the names in it. */
const STEPS = 'src/ledger/database/steps/';

const tracked = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && !EXCEPT.includes(path));

test('prose uses the standard terms: comments, messages, names of tests, documents, descriptions', () => {
  const files = [SCANNED.code, SCANNED.schema, SCANNED.english].flatMap(filesOf);
  expect(files.flatMap((path) => findings(path, PHRASES))).toEqual([]);
});

test('descriptions of the schema are free of ambiguous words', () => {
  const [schema = ''] = filesOf(SCANNED.schema);
  expect(findings(schema, DESCRIPTIONS)).toEqual([]);
});

test('names of files and identifiers use the words of the domain or of the trade', () => {
  const files = filesOf(SCANNED.code).filter((path) => !path.startsWith(STEPS));
  const found = files.flatMap((path) =>
    [path, ...(codeOf(path).match(/[A-Za-z_$][\w$]*/g) ?? [])]
      .filter((name) => wordsOf(name).some((word) => IDENTIFIERS.has(word)))
      .map((name) => `${path}: ${name}`),
  );
  expect([...new Set(found)]).toEqual([]);
});

test('Chinese pages use the terms of WeChat Pay’s documentation', () => {
  expect(filesOf(SCANNED.chinese).flatMap((path) => findings(path, CHINESE))).toEqual([]);
});

function filesOf(kind: RegExp): readonly string[] {
  return tracked.filter((path) => kind.test(path));
}

/** `path:line "the phrase" → the standard term` of each use. */
function findings(path: string, terms: readonly Term[]): readonly string[] {
  const text = read(path);
  const prose = joined(text);
  return terms.flatMap(({ phrase, better }) =>
    [...prose.matchAll(new RegExp(phrase, `${phrase.flags}g`))].map(
      (match) => `${path}:${lineOf(text, match.index)} "${match[0]}" → ${better}`,
    ),
  );
}

/** One line for each sentence: line breaks, also those inside of a comment, become spaces of the same length. */
function joined(text: string): string {
  return text.replaceAll(/\n[ \t]*(\*(?!\/)|\/\/|#(?= ))?/g, (gap) => ' '.repeat(gap.length));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A program without its comments and texts. */
function codeOf(path: string): string {
  return read(path).replaceAll(
    /\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g,
    ' ',
  );
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

function read(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}
