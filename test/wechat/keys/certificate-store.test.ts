import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCertificateStore } from '../../../src/wechat/keys/certificate-store.ts';
import { NoCertificatesError } from '../../../src/wechat/keys/download-certificates.ts';
import type { CertificateNews } from '../../../src/wechat/options.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';

const HOUR = 3_600_000;
const FIRST = '4A00000000000000000000000000000000000001';
const SECOND = '4B00000000000000000000000000000000000002';
const keys = rsaKeys();
const first = new X509Certificate(certificateOf(keys, FIRST));
const second = new X509Certificate(certificateOf(keys, SECOND));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function store() {
  const upstream = { answers: [first], fails: undefined as Error | undefined, downloads: 0 };
  const news: CertificateNews[] = [];
  const made = createCertificateStore(
    async () => {
      upstream.downloads += 1;
      await Promise.resolve();
      if (upstream.fails) {
        throw upstream.fails;
      }
      return upstream.answers;
    },
    { now: () => performance.now(), onNews: (one) => news.push(one) },
  );
  return { upstream, news, store: made };
}

test('certificates are renewed within 12 h, and changes are reported', async () => {
  const { upstream, news, store: it } = store();
  await it.begin();
  upstream.answers = [first, second];
  await vi.advanceTimersByTimeAsync(12 * HOUR);
  expect(upstream.downloads).toBe(2);
  expect(it.certificates()).toEqual([first, second]);
  await vi.advanceTimersByTimeAsync(12 * HOUR);
  expect(upstream.downloads).toBe(3);
  expect(news).toEqual([
    { kind: 'changed', serials: [FIRST] },
    { kind: 'changed', serials: [FIRST, SECOND] },
  ]);
  it.close();
});

test('a failure keeps the last valid ones, and is retried with increasing back-off', async () => {
  const { upstream, news, store: it } = store();
  await it.begin();
  upstream.fails = new Error('it is down.');
  await vi.advanceTimersByTimeAsync(12 * HOUR);
  const before = upstream.downloads;
  expect(it.certificates()).toEqual([first]);
  expect(news.at(-1)).toEqual({ kind: 'failed', problem: 'it is down.' });
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(upstream.downloads - before).toBeLessThan(15);
  upstream.fails = undefined;
  upstream.answers = [second];
  await vi.advanceTimersByTimeAsync(HOUR / 6);
  expect(it.certificates()).toEqual([second]);
  it.close();
});

test('for a merchant without certificates a download is tried once an hour', async () => {
  const { upstream, store: it } = store();
  upstream.fails = new NoCertificatesError('none');
  await it.begin();
  await vi.advanceTimersByTimeAsync(5 * HOUR);
  expect(upstream.downloads).toBe(6);
  it.close();
});

test('an unknown serial causes one download for all who wait, and at most one a minute', async () => {
  const { upstream, store: it } = store();
  await it.begin();
  await it.learn(SECOND);
  expect(upstream.downloads).toBe(1);
  await vi.advanceTimersByTimeAsync(61_000);
  upstream.answers = [first, second];
  await Promise.all([it.learn(SECOND), it.learn(SECOND), it.learn('4C')]);
  expect(upstream.downloads).toBe(2);
  expect(it.certificates()).toEqual([first, second]);
  await it.learn('4D');
  expect(upstream.downloads).toBe(2);
  it.close();
});

test('a serial that was not found causes no further download', async () => {
  const { upstream, store: it } = store();
  await it.begin();
  await vi.advanceTimersByTimeAsync(61_000);
  await it.learn('FORGED');
  expect(upstream.downloads).toBe(2);
  await vi.advanceTimersByTimeAsync(61_000);
  await it.learn('FORGED');
  expect(upstream.downloads).toBe(2);
  await it.learn('ANOTHER');
  expect(upstream.downloads).toBe(3);
  it.close();
});

test('a serial that could not be looked up causes another download', async () => {
  const { upstream, store: it } = store();
  await it.begin();
  upstream.fails = new Error('it is down.');
  await vi.advanceTimersByTimeAsync(61_000);
  await it.learn(SECOND);
  upstream.fails = undefined;
  upstream.answers = [first, second];
  await vi.advanceTimersByTimeAsync(61_000);
  await it.learn(SECOND);
  expect(it.certificates()).toEqual([first, second]);
  it.close();
});

test('a closed store downloads nothing', async () => {
  const { upstream, store: it } = store();
  await it.begin();
  it.close();
  await vi.advanceTimersByTimeAsync(48 * HOUR);
  await it.learn(SECOND);
  expect(upstream.downloads).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
