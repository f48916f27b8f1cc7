import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tablesOf } from '../../fixtures/docs/tables.ts';
import { root } from '../../fixtures/process/spawned-server.ts';
import { rowsUnder, SECTIONS } from './walk.ts';

test('the lines of every table of the reference are walked', () => {
  const tables = tablesOf('docs/reference/logs.md').filter(({ head }) => head[0] === 'Level');
  const messages = tables.flatMap(({ rows }) => rows.map(([, message = '']) => message));
  expect(SECTIONS.flatMap(rowsUnder)).toHaveLength(messages.length);
  const tests = globSync('test/{observability/walk,system/processes}/*.test.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  expect(SECTIONS.filter((heading) => !tests.includes(`walk('${heading}', {`))).toEqual([]);
});
