import { describe, expect, test } from 'vitest';
import { read } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf, tablesOf } from '../fixtures/docs/tables.ts';

const PAGE = 'docs/reference/cli.md';
const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  read('package.json'),
);

describe('the reference of the command line', () => {
  test('the reference of the command line names every script', () => {
    const named = namesIn(rowsOf(PAGE, '`npm run …`'));
    expect(named.toSorted()).toEqual(Object.keys(scripts).toSorted());
  });

  test('the reference of the command line names every option of every script that has options', () => {
    const documented = new Map(
      tablesOf(PAGE).flatMap(({ head: [first = ''], rows }) => {
        const [, script] = /^Option of `([\w:]+)`$/.exec(first) ?? [];
        return script === undefined ? [] : [[script, namesIn(rows).toSorted()] as const];
      }),
    );
    const declared = new Map(
      Object.entries(scripts)
        .map(([script, command]) => [script, optionsOf(command)] as const)
        .filter(([, options]) => options.length > 0),
    );
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(declared));
  });
});

test('every program of a script reads its arguments with a usage text', () => {
  const programs = Object.values(scripts).flatMap((command) =>
    [...command.matchAll(/node (?:-\S+ )*(\S+\.ts)/g)].map(([, file = '']) => file),
  );
  expect(programs.length).toBeGreaterThan(7);
  expect(programs.filter((file) => !read(file).includes('readArguments(USAGE, '))).toEqual([]);
});

/** What the program of a script asks parseArgs for, or looks for in its arguments. */
function optionsOf(command: string): readonly string[] {
  const [, file] = /(?:^|&& )(?:exec )?node (?!-)(\S+\.ts)(?! --)/.exec(command) ?? [];
  if (file === undefined) {
    return [];
  }
  const source = read(file);
  const parsed = [
    ...source.matchAll(/^\s*(\w+): \{ type: '/gm),
    ...source.matchAll(/\{ (\w+): \{ type: '/g),
  ];
  const looked = [...source.matchAll(/argv\.includes\('--(\w+)'\)/g)];
  return [...parsed, ...looked].map(([, option]) => `--${option}`).toSorted();
}
