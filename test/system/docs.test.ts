import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { englishPages, type Snippet, snippets } from '../fixtures/docs/documents.ts';
import { expectLike, expectText } from '../fixtures/docs/like.ts';
import {
  isRunnable,
  isStart,
  type Ran,
  type Reader,
  run,
  startReader,
} from '../fixtures/docs/reader.ts';
import { root } from '../fixtures/process/spawned-server.ts';

/** How a server says over SSE that it is still there. */
const PING = /^:\n\n/gm;

/** Each page with what a reader runs there, and with what the page says that it prints. */
const walks = englishPages
  .map(({ path, snippets: all }) => ({
    path,
    steps: all
      .map((snippet, index) => ({ snippet, shown: resultAfter(all[index + 1]) }))
      .filter(({ snippet }) => isRunnable(snippet)),
  }))
  .filter(({ steps }) => steps.length > 0);

// The Chinese pages have the same snippets: test/docs/pages.test.ts compares them.
describe.each(walks)('the snippets of $path, in order', ({ steps }) => {
  let reader: Reader;

  beforeAll(async () => {
    reader = await startReader();
  });
  afterAll(async () => {
    expect(await reader.close()).toBe(0);
  });

  test.each(steps.map(({ snippet, shown }) => [titleOf(snippet), snippet, shown] as const))(
    '%s',
    async (_, snippet, shown) => {
      const isRestart = shown === undefined && isStart(snippet);
      const ran = await (isRestart ? reader.restart(snippet) : reader.run(snippet));
      if (shown === undefined) {
        expectSuccess(ran);
      } else if (shown.language === 'text') {
        const printed = (ran.output + ran.problem).replace(PING, '');
        expectText(printed, reader.mapped(shown.code));
      } else {
        expectLike(JSON.parse(ran.output), JSON.parse(reader.mapped(shown.code)));
      }
    },
  );
});

test('there are snippets of each kind that can be run', () => {
  const languages = new Set(
    walks.flatMap(({ steps }) => steps.map(({ snippet }) => snippet.language)),
  );
  expect([...languages].toSorted()).toEqual(['graphql', 'js', 'sh', 'ts']);
});

test('the TypeScript snippets have no type errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const codes = snippets.filter(({ language }) => language === 'ts').map(({ code }) => code);
  for (const [index, code] of codes.entries()) {
    writeFileSync(join(folder, `snippet-${index}.ts`), code.replaceAll("'./src/", `'${root}src/`));
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: ['*.ts'],
    }),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { output } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  rmSync(folder, { recursive: true, force: true });
  expect(output).toBe('');
  expect(codes).not.toEqual([]);
});

/** Without a result on the page: it succeeds, and what it prints reports no error. */
function expectSuccess({ code, output, problem }: Ran): void {
  expect({ code, problem }).toMatchObject({ code: 0 });
  if (output.trimStart().startsWith('{')) {
    const answer: unknown = JSON.parse(output);
    expect(answer).not.toHaveProperty('error');
    expect(answer).not.toHaveProperty('errors');
  }
}

function resultAfter(next: Snippet | undefined): Snippet | undefined {
  return next?.language === 'json' || next?.language === 'text' ? next : undefined;
}

function titleOf({ language, code }: Snippet): string {
  return `${language}: ${code.replace(/\s+/g, ' ').slice(0, 60)}`;
}
