import { expect, test } from 'vitest';
import { createConcurrencyLimit } from '../../../src/plugins/admission/concurrency-limit.ts';

function steered(most: number) {
  let [busy, nowMs] = [0, 0];
  const limit = createConcurrencyLimit({ most, utilization: () => busy, now: () => nowMs });
  return {
    limit,
    /** The limit at the first operation after a pause. */
    afterPause: (tenths: number, utilization: number) => {
      busy = utilization;
      nowMs += tenths * 100;
      return limit();
    },
    /** The limit after so many tenths of a second at this utilization. */
    after: (tenths: number, utilization: number) => {
      busy = utilization;
      for (let tenth = 0; tenth < tenths; tenth += 1) {
        nowMs += 100;
        limit();
      }
      return limit();
    },
  };
}

test('an event loop with idle time leaves all slots to operations', () => {
  expect(steered(256).after(50, 0.97)).toBe(256);
});

test('while the event loop is busy, fewer operations are executed concurrently, but at least 64', () => {
  const { after } = steered(256);
  expect(after(1, 1)).toBe(204);
  expect(after(1, 1)).toBe(163);
  expect(after(50, 1)).toBe(64);
});

test('the limit rises again once the operations wait for WeChat Pay and not for each other', () => {
  const { after } = steered(256);
  after(50, 1);
  expect(after(1, 0.5)).toBe(80);
  expect(after(20, 0.5)).toBe(256);
});

test('a burst after a pause finds the limit that the pause allows', () => {
  const { after, afterPause } = steered(256);
  after(50, 1);
  expect(afterPause(2, 0.1)).toBe(100);
  expect(afterPause(36_000, 0.1)).toBe(256);
  expect(afterPause(10, 1), 'busy with something else').toBe(204);
});

test('the limit changes at most ten times a second', () => {
  let calls = 0;
  const utilization = () => {
    calls += 1;
    return 1;
  };
  const limit = createConcurrencyLimit({ most: 256, utilization, now: () => 150 });
  expect([limit(), limit(), limit()]).toEqual([256, 256, 256]);
  expect(calls).toBe(0);
});

test('a server that allows fewer than 64 operations keeps its own limit', () => {
  expect(steered(8).after(50, 1)).toBe(8);
});
