import { expect, test } from 'vitest';
import { createSlidingWindow } from '../../../src/wechat/calls/retry-policy.ts';

test('a sliding window counts its entries, and drops those that are older', () => {
  let now = 0;
  const tally = createSlidingWindow(10_000, () => now);
  tally.count(true);
  tally.count(false);
  now = 5_000;
  tally.count(true);
  expect(tally.read()).toEqual({ all: 3, failed: 2 });
  now = 9_999;
  expect(tally.read()).toEqual({ all: 3, failed: 2 });
  now = 10_000;
  expect(tally.read()).toEqual({ all: 1, failed: 1 });
  now = 60_000;
  expect(tally.read()).toEqual({ all: 0, failed: 0 });
  tally.count(false);
  tally.clear();
  expect(tally.read()).toEqual({ all: 0, failed: 0 });
});
