import { expect, test } from 'vitest';
import { readPage, toPage, withEarlier } from '../../reliability/page.ts';
import type { Result } from '../../reliability/table.ts';

const resultOf = (name: string, figure: string, pass = true): Result => ({
  experiment: { goal: 'G3', name },
  date: '2026-11-20',
  rows: [{ what: 'reads | writes', size: '10 documents', figure, wanted: '≤ 5', pass }],
});

test('a page of figures can be read back', async () => {
  const results = [resultOf('one', '4'), resultOf('two', '6', false)];
  expect(readPage(await toPage(results))).toEqual(results);
});

test('new measurements replace earlier ones; the rest stays, with its date', () => {
  const now = [{ ...resultOf('one', '3'), date: '2026-11-25' }];
  expect(withEarlier(now, [resultOf('one', '4'), resultOf('two', '6')])).toEqual([
    ...now,
    resultOf('two', '6'),
  ]);
});

test('a page names the goals that were missed or not measured', async () => {
  const page = await toPage([resultOf('one', '6', false)]);
  expect(page).toContain('- G3. One HTTP request');
  expect(page).toContain('(reads | writes: 6, wanted ≤ 5)');
  expect(page).toMatch(/- G17\..*\(not measured in this run\)/);
});
