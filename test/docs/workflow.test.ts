import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read } from '../fixtures/docs/documents.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const workflow = read('.github/workflows/ci.yml');
const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  read('package.json'),
);

test('the CI workflow runs every check and every kind of test', () => {
  const run = [...workflow.matchAll(/^\s+run: (.+)$/gm)].map(([, command]) => command);
  const all = Object.keys(scripts).filter((name) => /^(check$|test)/.test(name));
  const commands = all.map((name) => (name === 'test' ? 'npm test' : `npm run ${name}`));
  expect(run).toEqual(expect.arrayContaining(['npm ci', ...commands]));
});

test('the CI workflow names scripts that exist', () => {
  const named = [...workflow.matchAll(/\bscripts\/[\w./-]+/g)].map(([path]) => path);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
