import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tasksFor } from '../../bench/against/against.ts';
import { ratioOf } from '../../bench/against/interval.ts';

test('pairs of one ratio have that ratio and no spread', () => {
  const { ratio, low, high } = ratioOf([
    [100, 150],
    [200, 300],
    [50, 75],
  ]);
  expect([ratio, low, high].map((one) => one.toFixed(6))).toEqual([
    '1.500000',
    '1.500000',
    '1.500000',
  ]);
});

test('pairs that differ have an interval around their geometric mean', () => {
  const pairs = [1.1, 0.9, 1.05, 0.95, 1, 1.02, 0.98, 1.03, 0.97].map((one) => [1, one] as const);
  const { ratio, low, high } = ratioOf(pairs);
  expect(ratio).toBeCloseTo(1, 1);
  expect(low).toBeLessThan(ratio);
  expect(high).toBeGreaterThan(ratio);
  expect(high - low).toBeLessThan(0.2);
});

test('another commit is compared in service orders only if it knows them', () => {
  const schema = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  const names = (text: string) => [...new Set(tasksFor(text).map(({ operation }) => operation))];
  expect(names(schema)).toEqual(['query', 'create', 'service-query', 'service-create']);
  expect(names(schema.replaceAll('createServiceOrder', 'x'))).toEqual(['query', 'create']);
});
