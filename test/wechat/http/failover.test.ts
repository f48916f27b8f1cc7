import { expect, test } from 'vitest';
import {
  type Host,
  PRIMARY,
  type Route,
  recordResult,
  selectHost,
} from '../../../src/wechat/http/failover.ts';

/** The hosts that attempts go to, one every so often, where the primary answers only at certain times. */
function hosts(everyMs: number, isUp: (atMs: number) => boolean, count: number): readonly Host[] {
  let route: Route = PRIMARY;
  return Array.from({ length: count }, (_, index) => {
    const now = index * everyMs;
    const choice = selectHost(route, now);
    route = recordResult(choice.route, choice.host, choice.host === 'backup' || isUp(now), now);
    return choice.host;
  });
}

test('while the primary can be connected to, it gets every call', () => {
  expect(new Set(hosts(10, () => true, 50))).toEqual(new Set(['primary']));
});

test('after two failures in a row calls go to the backup, and one attempt in 10 s tries the primary', () => {
  const went = hosts(1_000, () => false, 33);
  expect(went.map((host) => (host === 'primary' ? 'P' : '-')).join('')).toBe(
    'PP---------P---------P---------P-',
  );
});

test('the first attempt that connects brings all calls back', () => {
  const went = hosts(1_000, (atMs) => atMs >= 5_000, 20);
  expect(went.slice(2, 11)).toEqual(Array.from({ length: 9 }, () => 'backup'));
  expect(new Set(went.slice(11))).toEqual(new Set(['primary']));
});

test('a single failure does not cause a failover', () => {
  expect(new Set(hosts(100, (atMs) => atMs % 200 === 0, 50))).toEqual(new Set(['primary']));
});

test('while one attempt tries the primary, others do not wait for it', () => {
  const backup: Route = { on: 'backup', nextTryMs: 0 };
  const first = selectHost(backup, 0);
  expect([first.host, selectHost(first.route, 0).host]).toEqual(['primary', 'backup']);
});

test('a failure of the backup too changes nothing', () => {
  const backup: Route = { on: 'backup', nextTryMs: 9 };
  expect(recordResult(backup, 'backup', false, 0)).toBe(backup);
});
