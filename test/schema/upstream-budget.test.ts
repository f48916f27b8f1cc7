import { expect, test } from 'vitest';
import { createUpstreamBudget } from '../../src/schema/context.ts';

test('a request has five reads and one write, and each call after the first is charged', () => {
  let paid = 0;
  const calls = createUpstreamBudget(() => {
    paid += 1;
  });
  calls.write();
  expect(paid).toBe(0);
  for (let read = 0; read < 5; read += 1) {
    calls.read();
  }
  expect(paid).toBe(5);
  expect(() => calls.read()).toThrow(/at most 5 reads and 1 write/);
  expect(() => calls.write()).toThrow(/at most 5 reads and 1 write/);
  expect(paid).toBe(5);
});
