import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { collectLog } from '../../fixtures/app/log-lines.ts';
import { OPENID, PLACE } from '../../fixtures/app/operation-lines.ts';
import { codeIn } from '../../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../../fixtures/docs/tables.ts';
import { PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';
import { root } from '../../fixtures/process/spawned-server.ts';

const PAGE = 'docs/reference/logs.md';
/** The headings of the tables of lines. */
export const SECTIONS = [
  'Start and shutdown',
  'Operations',
  'Ledger',
  'Webhooks of WeChat Pay',
  'Calls to WeChat Pay',
  'Keys and credentials',
] as const;
/** What every line may have. */
const OF_EVERY_LINE = ['level', 'time', 'msg', 'requestId', 'count'];
/** More often than once, so that a line that is not counted shows. */
const TIMES = 3;

/** The lines of a server, as they were written. */
export type Lines = Pick<ReturnType<typeof collectLog>, 'entries' | 'text'>;

/**
 * Makes a server write each kind of a line of the reference; `again` repeats what strangers can
 * repeat.
 */
export type Cause = (again: (once: () => unknown) => Promise<void>) => Promise<Lines>;

/** The lines that need a whole process or a real pooler: these system tests check them. */
const IN_SYSTEM_TESTS: Readonly<Record<string, string>> = {
  'read variables from a file': 'processes/log-lines.test.ts',
  'shutting down: not ready, requests in flight finish': 'processes/log-lines.test.ts',
  stopped: 'processes/log-lines.test.ts',
  'uncaught error, shutting down': 'processes/log-lines.test.ts',
  'LISTEN failed, polling for events': 'databases/postgresql.test.ts',
  'LISTEN receives nothing, polling for events: set DATABASE_LISTEN_URL':
    'databases/pgbouncer.test.ts',
};

/** A row of the reference: what it promises of a line. */
interface Promised {
  readonly message: string;
  readonly levels: readonly string[];
  readonly fields: readonly string[];
  /** Strangers can cause it: one line a minute of each kind. */
  readonly isCounted: boolean;
}

/** The rows of the table under this heading of the reference. */
export function rowsUnder(heading: string): readonly Promised[] {
  const [, part = ''] = readFileSync(join(root, PAGE), 'utf8').split(`\n## ${heading}\n`);
  const [, table = ''] = /\n\| Level \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(part) ?? [];
  return table
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, level = '', message = '', fields = ''] = line.split('|');
      const isOfOperation = /as below|the same/.test(fields);
      return {
        message: codeIn(message)[0] ?? '',
        levels: codeIn(level),
        fields: isOfOperation ? OF_OPERATION : codeIn(fields),
        isCounted: message.trimEnd().endsWith('*'),
      };
    });
}

const OF_OPERATION = [...namesIn(rowsOf(PAGE, 'Field of an operation')), 'why'];

/** Runs the causes of every line under a heading, and checks each line against its row. */
export function walk(
  heading: (typeof SECTIONS)[number],
  causes: Readonly<Record<string, Cause>>,
): void {
  const rows = rowsUnder(heading);
  describe(`the log, under "${heading}"`, () => {
    test('every line of the reference is caused', () => {
      const own = rows.map(({ message }) => message);
      const elsewhere = Object.entries(IN_SYSTEM_TESTS).filter(([one]) => own.includes(one));
      const caused = [...Object.keys(causes), ...elsewhere.map(([message]) => message)];
      expect(own).not.toEqual([]);
      expect(caused.toSorted()).toEqual(own.toSorted());
      for (const [message, file] of elsewhere) {
        const text = readFileSync(join(root, 'test/system', file), 'utf8');
        expect(text).toContain(`checkMessage('${message}'`);
      }
    });

    // In the order of the causes, because one may leave the server in a state.
    test.each(Object.entries(causes))(
      'the line "%s" is as the reference promises',
      async (message, cause) => {
        const row = rowOf(message);
        const again = async (once: () => unknown) => {
          for (let time = 0; time < (row.isCounted ? TIMES : 1); time += 1) {
            await once();
          }
        };
        checkMessage(message, await cause(again));
      },
    );
  });
}

/** Each of these reasons is explained in the runbook, in both languages. */
export function checkRunbook(reasons: readonly string[]): void {
  for (const page of ['docs/operations/runbook.md', 'docs/zh/operations/runbook.md']) {
    const text = readFileSync(join(root, page), 'utf8');
    expect(
      reasons.filter((why) => !text.includes(`\`${why}\``)),
      page,
    ).toEqual([]);
  }
}

/** Checks the lines of this message against its row, wherever that is. */
export function checkMessage(message: string, lines: Lines): void {
  checkLines(rowOf(message), lines);
}

function rowOf(message: string): Promised {
  const row = SECTIONS.flatMap(rowsUnder).find((one) => one.message === message);
  if (row === undefined) {
    throw new Error(`The reference has no row of the message "${message}".`);
  }
  return row;
}

/** Level, fields and number of the lines of one message; and no personal data beside them. */
function checkLines(row: Promised, { entries, text }: Lines): void {
  const lines = entries().filter((entry) => at(entry, 'msg') === row.message);
  expect(lines).not.toEqual([]);
  const seen = lines.flatMap((line) => Object.keys(Object(line)));
  const own = seen.filter((field) => !OF_EVERY_LINE.includes(field));
  expect(new Set(row.levels)).toEqual(
    new Set([...row.levels, ...lines.map((line) => at(line, 'level'))]),
  );
  if (row.fields !== OF_OPERATION) {
    expect(new Set(own)).toEqual(new Set(row.fields));
  } else {
    expect(own.filter((field) => !row.fields.includes(field))).toEqual([]);
    expect(own).toEqual(expect.arrayContaining(['outcome', 'ms', 'caller']));
  }
  if (row.isCounted) {
    const kinds = lines.map((line) => at(line, 'why') ?? '');
    expect(new Set(kinds).size).toBe(kinds.length);
  }
  for (const value of [...Object.values(PERSONAL), OPENID, PLACE]) {
    expect(text()).not.toContain(value);
  }
}
