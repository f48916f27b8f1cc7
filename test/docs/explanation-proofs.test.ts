import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NAMES } from '../../reliability/plan.ts';
import { codeIn, read } from '../fixtures/docs/documents.ts';
import { tablesOf } from '../fixtures/docs/tables.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const PAGES = globSync('docs/{,zh/}explanation/*.md', { cwd: root });

describe.each(PAGES)('%s', (page) => {
  const code = codeIn(read(page).replace(/^```.*?^```$/gms, ''));

  test('names source files and tests that exist', () => {
    const paths = code.filter((text) => /^(src|test|reliability)\/[\w./-]+$/.test(text));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('names experiments that exist', () => {
    const named = code.flatMap((text) => /^--only ([\w-]+)$/.exec(text)?.[1] ?? []);
    expect(named.filter((name) => !NAMES.includes(name))).toEqual([]);
  });
});

test.each(['docs/explanation/guarantees.md', 'docs/zh/explanation/guarantees.md'])(
  '%s gives a mechanism and a proof for every guarantee',
  (page) => {
    const [, ...sections] = read(page).split(/^## /m);
    const guarantees = sections.slice(0, -1);
    expect(guarantees.length).toBeGreaterThan(10);
    const mechanism = /^\*(Mechanism:|实现：)\*/m;
    const proof = /^\*(Proof:|验证：)\*.*(`test\/|experiments? `|实验 `)/m;
    const bare = guarantees.filter((text) => !mechanism.test(text) || !proof.test(text));
    expect(bare.map((text) => text.split('\n')[0])).toEqual([]);
  },
);

test.each([
  ['docs/explanation/security.md', 'Proof'],
  ['docs/zh/explanation/security.md', '验证'],
])('%s gives a proof for every attempt of every attacker', (page, proof) => {
  const [model, ...tables] = tablesOf(page);
  const proven = tables.filter(({ head }) => head.at(-1) === proof);
  expect(proven).toHaveLength(model?.rows.length ?? 0);
  const bare = proven
    .flatMap(({ rows }) => rows)
    .filter((row) => !codeIn(row.at(-1) ?? '').some((code) => /^(test\/|--only )/.test(code)));
  expect(bare).toEqual([]);
});

test('every experiment that a guarantee names exists', () => {
  const proofs = [...read('docs/explanation/guarantees.md').matchAll(/experiments? (.*)$/gm)];
  const named = proofs
    .flatMap(([, rest = '']) => codeIn(rest))
    .filter((name) => /^[a-z\d-]+$/.test(name));
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !NAMES.includes(name))).toEqual([]);
});
