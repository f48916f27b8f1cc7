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

test('each event of a subscription has five reads again, and each of them is charged', () => {
  let paid = 0;
  const calls = createUpstreamBudget(() => {
    paid += 1;
  });
  for (let event = 1; event <= 3; event += 1) {
    calls.renew();
    for (let read = 0; read < 5; read += 1) {
      calls.read();
    }
    expect(() => calls.read()).toThrow(/at most 5 reads/);
    expect(paid).toBe(5 * event);
  }
});
