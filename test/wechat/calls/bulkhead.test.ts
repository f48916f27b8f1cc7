import { expect, test } from 'vitest';
import { createBulkhead } from '../../../src/wechat/calls/resilience.ts';

test('up to the limits attempts run or are queued, and the rest are rejected immediately', async () => {
  const bulkhead = createBulkhead(2, 1);
  expect([bulkhead.enter(50), bulkhead.enter(50)]).toEqual(['acquired', 'acquired']);
  const waiting = bulkhead.enter(10_000);
  expect(bulkhead.enter(50)).toBe('queue-full');
  expect(bulkhead.inside()).toBe(2);
  bulkhead.leave();
  await expect(waiting).resolves.toBe('acquired');
  expect(bulkhead.inside()).toBe(2);
});

test('queued attempts start in sequence, each once', async () => {
  const bulkhead = createBulkhead(1, 9);
  const order: number[] = [];
  await bulkhead.enter(0);
  const waiting = [1, 2, 3].map(async (number) => {
    await bulkhead.enter(10_000);
    order.push(number);
    bulkhead.leave();
  });
  bulkhead.leave();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
  expect(bulkhead.enter(0)).toBe('acquired');
});

test('an attempt that times out or is aborted leaves the queue', async () => {
  const bulkhead = createBulkhead(1, 2);
  await bulkhead.enter(0);
  const leaving = new AbortController();
  const calledOff = bulkhead.enter(10_000, leaving.signal);
  const late = bulkhead.enter(20);
  const reason = new Error('the caller left');
  leaving.abort(reason);
  await expect(calledOff).rejects.toBe(reason);
  await expect(late).resolves.toBe('timed-out');
  bulkhead.leave();
  expect(bulkhead.enter(0)).toBe('acquired');
});
