import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Snippet, snippetIn, snippets } from '../fixtures/docs/documents.ts';
import { expectLike } from '../fixtures/docs/like.ts';
import { type Reader, run, startReader } from '../fixtures/docs/reader.ts';
import { root } from '../fixtures/process/spawned-server.ts';

let reader: Reader;

beforeAll(async () => {
  reader = await startReader();
});
afterAll(async () => {
  expect(await reader.close()).toBe(0);
});

const RUNNABLE = ['sh', 'js', 'ts', 'graphql'];
/** How a server says over SSE that it is still there. */
const PING = /^:\n\n/gm;

describe('the snippets of README.md, in order', () => {
  const runnable = snippets
    .map((snippet, index) => ({ snippet, next: snippets[index + 1] }))
    .filter(
      ({ snippet: { language, code } }) => RUNNABLE.includes(language) && !/^npm /.test(code),
    );

  test.each(runnable.map(({ snippet, next }) => [titleOf(snippet), snippet, next] as const))(
    '%s',
    async (_, snippet, next) => {
      const told = await reader.printed(snippet);
      if (next?.language === 'text') {
        expect(told.replace(PING, '').trim()).toBe(next.code.trim());
        return;
      }
      const answer: unknown = JSON.parse(told);
      expect(answer).not.toHaveProperty('error');
      expect(answer).not.toHaveProperty('errors');
      if (next?.language === 'json') {
        expectLike(answer, JSON.parse(reader.mapped(next.code)));
      }
    },
  );

  test('there are some of each kind', () => {
    const languages = new Set(snippets.map(({ language }) => language));
    expect([...languages].toSorted()).toEqual(['env', 'graphql', 'js', 'json', 'sh', 'text', 'ts']);
    expect(runnable.length).toBeGreaterThan(15);
  });
});

test('the TypeScript snippet has no type errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  const code = snippetIn('ts');
  writeFileSync(join(folder, 'snippet.ts'), code.replaceAll("'./src/", `'${root}src/`));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: ['snippet.ts'],
    }),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { output } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  rmSync(folder, { recursive: true, force: true });
  expect(output).toBe('');
  expect(code).not.toBe('');
});

function titleOf({ language, code }: Snippet): string {
  return `${language}: ${code.replace(/\s+/g, ' ').slice(0, 60)}`;
}
