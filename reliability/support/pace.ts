import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './stats.ts';

/** Runs something for each item at an even rate, whether or not earlier runs have ended. */
export async function atPace<Item, T>(
  items: readonly Item[],
  perSecond: number,
  act: (item: Item) => Promise<T>,
): Promise<readonly T[]> {
  const startMs = performance.now();
  const begun = items.map(async (item, index) => {
    const dueMs = startMs + (index * 1000) / perSecond;
    await sleep(Math.max(0, dueMs - performance.now()));
    return await act(item);
  });
  return await Promise.all(begun);
}

export function p99Of(timed: readonly { readonly ms: number }[]): number {
  return percentile(
    timed.map(({ ms }) => ms),
    0.99,
  );
}
