import { describe, expect, test } from 'vitest';
import {
  type Circuit,
  type CircuitRule,
  CLOSED,
  canAttempt,
  type Health,
  recordOutcome,
} from '../../../src/wechat/calls/resilience.ts';

const RULE: CircuitRule = { attempts: 20, failingShare: 0.5, openMs: 5_000 };
const NOW = 100_000;
const open: Circuit = { state: 'open', untilMs: NOW + 2_000 };
const overdue: Circuit = { state: 'open', untilMs: NOW };
const halfOpen: Circuit = { state: 'half-open' };
const reopened: Circuit = { state: 'open', untilMs: NOW + 5_000 };

test.each([
  ['a closed circuit lets all through', CLOSED, { pass: 'allowed' }],
  [
    'an open one lets nothing through, and says how long',
    open,
    { pass: 'rejected', waitMs: 2_000 },
  ],
  ['when its time is over, one attempt probes', overdue, { pass: 'probe' }],
  ['while it does, nothing else goes', halfOpen, { pass: 'rejected', waitMs: 5_000 }],
] as const)('%s', (_, circuit, admission) => {
  expect(canAttempt(circuit, NOW, RULE)).toEqual(admission);
});

describe('a closed circuit', () => {
  test.each<[string, Health, number, number, Circuit]>([
    ['opens at half of 20 attempts', 'bad', 20, 10, reopened],
    ['stays where fewer have failed', 'bad', 20, 9, CLOSED],
    ['stays below 20 attempts, even if all failed', 'bad', 19, 19, CLOSED],
    ['does not open with an attempt that went well', 'good', 40, 30, CLOSED],
    ['does not open because WeChat Pay limits the rate', 'neutral', 40, 30, CLOSED],
  ])('%s', (_, health, all, marked, expected) => {
    const seen = { pass: 'allowed', health } as const;
    expect(recordOutcome(CLOSED, seen, { all, failed: marked }, NOW, RULE)).toEqual(expected);
  });
});

describe('the probe', () => {
  test.each<[Health, Circuit]>([
    ['good', CLOSED],
    ['bad', reopened],
    // It showed nothing: the next attempt probes immediately.
    ['neutral', overdue],
  ])('the circuit breaker after a probe that was %s', (health, expected) => {
    const seen = { pass: 'probe', health } as const;
    expect(recordOutcome(halfOpen, seen, { all: 0, failed: 0 }, NOW, RULE)).toEqual(expected);
  });
});

test.each([open, halfOpen])(
  'the result of an attempt that was sent before the breaker opened changes nothing',
  (circuit) => {
    for (const health of ['good', 'bad'] as const) {
      const seen = { pass: 'allowed', health } as const;
      expect(recordOutcome(circuit, seen, { all: 99, failed: 99 }, NOW, RULE)).toBe(circuit);
    }
  },
);
