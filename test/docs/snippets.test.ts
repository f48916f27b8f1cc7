import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advance } from '../../src/domain/order-state.ts';
import { PAY_AFTER_STATES, readPayAfterState } from '../../src/domain/pay-after-state-machine.ts';
import { documentProblems } from '../../src/plugins/documents/use-document-limits.ts';
import { schema } from '../../src/schema/index.ts';
import { diagramProblems, transitionsOf } from '../fixtures/docs/diagrams.ts';
import {
  codeIn,
  englishPages,
  type Page,
  pages,
  proseOf,
  read,
} from '../fixtures/docs/documents.ts';
import { formProblems } from '../fixtures/docs/forms.ts';
import { isRunnable } from '../fixtures/docs/reader.ts';
import { knownVariables } from '../fixtures/docs/variables.ts';
import { root } from '../fixtures/process/spawned-server.ts';

/**
 * Each language of a fenced block, and what checks it. `sh`, `js`, `ts` and `graphql` are executed by
 * test/system/docs.test.ts, which compares what they print with the `json` or `text` after them;
 * `sql` by test/system/databases/postgresql.test.ts.
 */
const CHECKED = [
  'console',
  'env',
  'graphql',
  'haproxy',
  'ini',
  'js',
  'json',
  'mermaid',
  'nginx',
  'sh',
  'sql',
  'text',
  'ts',
  'yaml',
];

const { scripts }: { readonly scripts: object } = JSON.parse(read('package.json'));

describe.each(pages)('$path', (page) => {
  test('every fenced block has a language that is checked, and none is indented', () => {
    const languages = page.snippets.map(({ language }) => language);
    expect(languages.filter((language) => !CHECKED.includes(language))).toEqual([]);
    const fences = page.text.match(/^\s*(```|~~~)/gm) ?? [];
    expect(fences.length, 'no indented fence, no odd one').toBe(2 * page.snippets.length);
  });

  test('text is shown only as what the snippet before it prints', () => {
    const loose = page.snippets.filter(({ language }, index) => {
      const before = page.snippets[index - 1];
      return language === 'text' && !(before !== undefined && isRunnable(before));
    });
    expect(loose).toEqual([]);
  });

  test('JSON can be parsed', () => {
    const parse = () => codesOf(page, 'json').map((code): unknown => JSON.parse(code));
    expect(parse).not.toThrow();
  });

  test('GraphQL documents are accepted by the schema and the limits', () => {
    const documents = codesOf(page, 'graphql');
    expect(documents.flatMap((text) => documentProblems(schema, text))).toEqual([]);
  });

  test('diagrams have only lines that Mermaid can draw', () => {
    expect(codesOf(page, 'mermaid').flatMap(diagramProblems)).toEqual([]);
  });

  test.each(['haproxy', 'ini', 'nginx', 'yaml'] as const)(
    'each %s block has the form of its language',
    (language) => {
      expect(codesOf(page, language).flatMap((code) => formProblems(language, code))).toEqual([]);
    },
  );

  test('state diagrams show only steps that an order can take', () => {
    const steps = codesOf(page, 'mermaid')
      .filter((code) => code.startsWith('stateDiagram'))
      .flatMap(transitionsOf);
    const impossible = steps.filter(
      ([from, to]) =>
        advance(PAY_AFTER_STATES, readPayAfterState(from), readPayAfterState(to)) !== 'forward',
    );
    expect(impossible).toEqual([]);
  });

  test('commands name scripts, files and variables that exist', () => {
    const code = page.snippets
      .filter(({ language }) => ['console', 'ini', 'sh'].includes(language))
      .map((snippet) => snippet.code)
      .join('\n');
    const called = [...code.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name);
    const files = [...code.matchAll(/\bnode (?:--\S+ )*([\w/.-]+\.ts)\b/g)].map(([, name]) => name);
    const variables = [...code.matchAll(/\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)=/g)].map(([, name]) => name);
    const known = [...Object.keys(scripts), ...knownVariables(), ...OTHER_VARIABLES];
    expect(
      [...called, ...variables].filter((name) => name !== undefined && !known.includes(name)),
    ).toEqual([]);
    expect(files.filter((name) => name !== undefined && !existsSync(join(root, name)))).toEqual([]);
  });

  test('console blocks begin with a prompt', () => {
    const blocks = codesOf(page, 'console');
    expect(blocks.filter((code) => !code.startsWith('$ '))).toEqual([]);
  });
});

/** Variables of the test programs, which the server does not read. */
const OTHER_VARIABLES = ['UPDATE_SCREENSHOTS', 'UV_THREADPOOL_SIZE', 'API_KEY'];

test('every npm command is one of npm or a script of this project', () => {
  const text = englishPages
    .flatMap((page) => [...page.snippets.map(({ code }) => code), ...codeIn(proseOf(page.text))])
    .join('\n');
  const asked = [...text.matchAll(/\bnpm (run )?(ci|start|test|[\w:]+)/g)].map(
    ([, , name]) => name,
  );
  const known = [...Object.keys(scripts), 'ci', 'install', 'scripts', 'run'];
  expect(asked.filter((name) => name !== undefined && !known.includes(name))).toEqual([]);
});

function codesOf({ snippets }: Page, language: string): readonly string[] {
  return snippets.filter((snippet) => snippet.language === language).map(({ code }) => code);
}
