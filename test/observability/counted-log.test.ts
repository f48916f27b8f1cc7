import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRequestIds } from '../../src/http/request-headers.ts';
import { createCountedLog } from '../../src/observability/log.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first line of a kind is logged immediately, and 10,000 more are one line a minute later', () => {
  const { log, entries } = collectLog();
  const counted = createCountedLog(log);
  for (let index = 0; index <= 10_000; index += 1) {
    counted.warn({ why: 'unsigned', index }, 'webhook refused');
  }
  expect(entries()).toMatchObject([{ level: 'warn', msg: 'webhook refused', index: 0 }]);
  vi.advanceTimersByTime(60_000);
  expect(entries()).toHaveLength(2);
  expect(entries()[1]).toMatchObject({ why: 'unsigned', index: 10_000, count: 10_000 });
});

test('a flood of an hour is one line a minute', () => {
  const { log, entries } = collectLog();
  const counted = createCountedLog(log);
  for (let second = 0; second < 3_600; second += 1) {
    counted.warn({}, 'refused');
    counted.warn({}, 'refused');
    vi.advanceTimersByTime(1_000);
  }
  expect(entries().length).toBeLessThanOrEqual(61);
  const sum = entries().reduce<number>((all, entry) => all + Number(at(entry, 'count') ?? 1), 0);
  expect(sum).toBeGreaterThanOrEqual(7_200 - 120);
});

test('lines of another message, or another reason, are of another kind', () => {
  const { log, entries } = collectLog();
  const counted = createCountedLog(log);
  for (let index = 0; index < 10; index += 1) {
    counted.warn({ why: 'a' }, 'refused');
    counted.warn({ why: 'b' }, 'refused');
    counted.info({ why: 'a' }, 'closed');
  }
  expect(entries().map((entry) => [at(entry, 'msg'), at(entry, 'why')])).toEqual([
    ['refused', 'a'],
    ['refused', 'b'],
    ['closed', 'a'],
  ]);
});

test('after a quiet minute a line is logged immediately again, and no timer is left', () => {
  const { log, entries } = collectLog();
  const counted = createCountedLog(log);
  counted.warn({}, 'refused');
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
  counted.warn({}, 'refused');
  expect(entries()).toHaveLength(2);
  expect(entries().map((entry) => at(entry, 'count'))).toEqual([undefined, undefined]);
});

test('the line of many requests does not have the id of one of them', () => {
  const requests = createRequestIds();
  const { log, entries } = collectLog(requests.id);
  const counted = createCountedLog(log);
  requests.run('first', () => counted.warn({}, 'refused'));
  requests.run('second', () => counted.warn({}, 'refused'));
  vi.advanceTimersByTime(60_000);
  expect(entries().map((entry) => at(entry, 'requestId'))).toEqual(['first', undefined]);
});
