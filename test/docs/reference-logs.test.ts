import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeIn, read } from '../fixtures/docs/documents.ts';
import { tablesOf } from '../fixtures/docs/tables.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const PAGE = 'docs/reference/logs.md';
const LOG_CALL = /\blog(?:\.(?<level>info|warn|error)|\[[^\]]+\])\((?<args>[^;]*?)\)[;,]?\n/g;
/** The same of every log, the one of strangers included. */
const FIELDS_CALL =
  /\b(?:log|strangers|counted)(?:\.(?:info|warn|error)|\[[^\]]+\])\((?<args>[^;]*?)\)[;,]?\n/g;
/** A message is a sentence: words such as 'warn' and names of fields have no space. */
const MESSAGE = /(?<!\?\? )'([A-Za-z](?:[^'\\\n]|\\.)* (?:[^'\\\n]|\\.)*)'/g;

const source = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.startsWith('src/sandbox/') && !file.startsWith('src/cli/'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');
const tables = tablesOf(PAGE).filter(({ head }) => head[0] === 'Level');
const rows = tables.flatMap((table) => table.rows);
const documented = rows.map(([, message = '']) => codeIn(message)[0] ?? '');

/** Level and message of every call of the log; without a level where it is chosen at run time. */
const logged = [...source.matchAll(LOG_CALL)].flatMap(({ groups }) =>
  [...(groups?.['args'] ?? '').matchAll(MESSAGE)].map(([, message = '']) => ({
    level: groups?.['level'],
    message,
  })),
);

describe('the reference of the log', () => {
  test('the reference of the log names every message that the server logs', () => {
    expect(logged.length).toBeGreaterThan(20);
    const missing = logged.filter(({ message }) => !documented.includes(message));
    expect(missing).toEqual([]);
  });

  test('the reference of the log names no message that the server does not log', () => {
    expect(documented.filter((message) => !source.includes(`'${message}'`))).toEqual([]);
  });

  test('the reference of the log says the level of every message', () => {
    const levels = new Map(
      rows.map(([level = '', message = '']) => [codeIn(message)[0] ?? '', codeIn(level)]),
    );
    const wrong = logged.filter(
      ({ level, message }) => level !== undefined && !levels.get(message)?.includes(level),
    );
    expect(wrong).toEqual([]);
  });
});

/** Names in `{ a, b: value }`, without nested braces; undefined for fields that are not written there. */
function fieldsOf(call: string): readonly string[] | undefined {
  const [, literal] = /^\s*\{([^{}]*)\}/.exec(call) ?? [];
  return literal
    ?.split(/,(?![^(]*\))/)
    .map((one) => (one.includes('...') ? '' : (one.split(':')[0] ?? '').trim()))
    .filter(Boolean);
}

test('a line of the log has no field that its row does not name', () => {
  const promised = new Map(
    rows.map(([, message = '', fields = '']) => [codeIn(message)[0] ?? '', codeIn(fields)]),
  );
  const written = [...source.matchAll(FIELDS_CALL)].flatMap(({ groups }) => {
    const args = groups?.['args'] ?? '';
    const [message = ''] = [...args.matchAll(MESSAGE)].map(([, words = '']) => words);
    return (fieldsOf(args) ?? []).map((field) => ({ message, field }));
  });
  expect(written.length).toBeGreaterThan(40);
  const unknown = written.filter(
    ({ message, field }) => promised.has(message) && !promised.get(message)?.includes(field),
  );
  expect(unknown).toEqual([]);
});

test('every message at the level error has an entry in the runbook, in both languages', () => {
  const errors = rows.flatMap(([level = '', message = '']) =>
    codeIn(level).includes('error') ? codeIn(message) : [],
  );
  for (const page of ['docs/operations/runbook.md', 'docs/zh/operations/runbook.md']) {
    const text = read(page);
    expect(
      errors.filter((message) => !text.includes(`\`${message}\``)),
      page,
    ).toEqual([]);
  }
});
