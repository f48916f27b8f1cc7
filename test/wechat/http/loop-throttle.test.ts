import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLoopThrottle } from '../../../src/wechat/http/transport.ts';

test('requests that arrive together continue a few in each turn of the event loop, in sequence', async () => {
  const turn = createLoopThrottle(4);
  const went: number[] = [];
  const all = Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      await turn();
      went.push(index);
    }),
  );
  expect(went).toEqual([]);
  const seen: number[] = [];
  while (went.length < 10) {
    await nextTurn();
    seen.push(went.length);
  }
  await all;
  expect(seen.map((count, index) => count - (seen[index - 1] ?? 0))).toEqual([4, 4, 2]);
  expect(went).toEqual(Array.from({ length: 10 }, (_, index) => index));
});

test('a single waiter after a pause waits for one turn', async () => {
  const turn = createLoopThrottle(4);
  await turn();
  await nextTurn();
  let went = false;
  void turn().then(() => {
    went = true;
  });
  await nextTurn();
  expect(went).toBe(true);
});
