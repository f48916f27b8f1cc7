import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { merchantEnv, problemsOf, productionEnv } from '../fixtures/process/environment.ts';

describe('the rate limit of a caller', () => {
  test.each([
    [{}, undefined],
    [{ RATE_LIMIT_PER_SECOND: '50' }, { perSecond: 50, burst: 100 }],
    [
      { RATE_LIMIT_PER_SECOND: '50', RATE_LIMIT_BURST: '7' },
      { perSecond: 50, burst: 7 },
    ],
    [productionEnv(), { perSecond: 300, burst: 600 }],
    [productionEnv({ RATE_LIMIT_PER_SECOND: '0' }), undefined],
  ])('%#', (env, rateLimit) => {
    expect(loadConfig(env).rateLimit).toEqual(rateLimit);
  });
});

test.each([
  [{}, { perSecond: 5, burst: 10 }],
  [productionEnv({ RATE_LIMIT_PER_SECOND: '50' }), { perSecond: 5, burst: 10 }],
  [{ SHOPPER_RATE_LIMIT_PER_SECOND: '20' }, { perSecond: 20, burst: 40 }],
  [{ SHOPPER_RATE_LIMIT_PER_SECOND: '0' }, undefined],
])('the rate limit of shoppers has its own variable: %#', (env, rateLimit) => {
  expect(loadConfig(env).shopperRateLimit).toEqual(rateLimit);
});

test.each([
  ['SHOPPER_RATE_LIMIT_PER_SECOND', '-1'],
  ['RATE_LIMIT_PER_SECOND', '-1'],
  ['RATE_LIMIT_BURST', '5'],
  ['MAX_IN_FLIGHT', '0'],
  ['MAX_STREAMS', '0'],
  ['MAX_STREAMS_PER_CALLER', '0'],
  ['KEEP_ALIVE_SECONDS', 'long'],
  ['TRUSTED_DOCUMENTS', '/nowhere/documents.json'],
])('%s=%s is refused', (variable, value) => {
  expect(problemsOf({ [variable]: value })).toEqual([expect.stringMatching(`^${variable} `)]);
});

test('WECHAT_MAX_CALLS bounds the attempts at WeChat Pay, and twice as many may wait', () => {
  expect(loadConfig(merchantEnv({ WECHAT_MAX_CALLS: '5' })).upstream).toMatchObject({
    options: { resilience: { maxConcurrent: 5, maxQueued: 10 } },
  });
});
