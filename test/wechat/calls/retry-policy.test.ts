import { describe, expect, test } from 'vitest';
import {
  type Ambiguous,
  type Attempt,
  attemptTimeout,
  decideNextStep,
  MAX_ATTEMPTS,
  type NotAccepted,
  type Progress,
} from '../../../src/wechat/calls/retry-policy.ts';
import type { Refusal } from '../../../src/wechat/errors.ts';

const last = { status: null, code: null, requestId: null };
const done: Attempt<string> = { kind: 'done', answer: 'the order', ...last };
const refusal: Refusal = {
  status: 400,
  code: 'PARAM_ERROR',
  number: null,
  requestId: null,
  explanation: null,
  field: null,
  issue: null,
  verified: true,
};
const refused: Attempt<string> = { kind: 'refused', refusal };
const busy: NotAccepted = {
  kind: 'not-accepted',
  reason: 'TOO_MANY_CALLS',
  what: 'busy',
  ...last,
};
const lost: Ambiguous = { kind: 'ambiguous', reason: 'TIMEOUT', what: 'lost', ...last };
const forged: Ambiguous = { ...lost, reason: 'UNTRUSTED_ANSWER', what: 'forged' };

type Attempts = Progress<string>['attempts'];
const step = (attempts: Attempts, changes: Partial<Progress<string>> = {}) =>
  decideNextStep({
    writes: true,
    isIdempotent: true,
    attempts,
    remainingMs: 8_000,
    mayRepeat: true,
    firstDelayMs: 200,
    jitter: 0,
    ...changes,
  });

describe.each([true, false])('whatever a call does (a write: %s)', (writes) => {
  test.each<{ before: string; attempts: Attempts }>([
    { before: 'nothing', attempts: [done] },
    { before: 'an ambiguous attempt', attempts: [lost, done] },
    { before: 'two that were not accepted', attempts: [busy, busy, done] },
  ])('a verified response is the result, after $before', ({ attempts }) => {
    expect(step(attempts, { writes })).toEqual({ step: 'answer', answer: 'the order' });
  });

  test('a refusal ends the call immediately, and is never retried', () => {
    expect(step([refused], { writes })).toEqual({ step: 'refuse', refusal });
    expect(step([busy, refused], { writes })).toEqual({ step: 'refuse', refusal });
  });

  test.each<{ kind: string; attempt: Attempt<string> }>([
    { kind: 'not accepted', attempt: busy },
    { kind: 'ambiguous', attempt: lost },
    { kind: 'untrusted', attempt: forged },
  ])('an attempt that is $kind is retried, up to three attempts', ({ attempt }) => {
    expect(step([attempt], { writes })).toMatchObject({ step: 'retry' });
    expect(step([attempt, attempt], { writes })).toMatchObject({ step: 'retry' });
    expect(step([attempt, attempt, attempt], { writes })).toEqual({
      step: 'stop',
      last: attempt,
    });
  });
});

describe('a refusal after an attempt that may have taken effect', () => {
  test('a refusal of a write after an ambiguous attempt requires a query', () => {
    const asked = { step: 'query', refusal, ambiguous: lost };
    expect(step([lost, refused])).toEqual(asked);
    expect(step([lost, busy, refused])).toEqual(asked);
    expect(step([busy, lost, refused])).toEqual(asked);
  });

  test('a refusal after an ambiguous attempt names the latest ambiguous one', () => {
    expect(step([lost, forged, refused])).toEqual({ step: 'query', refusal, ambiguous: forged });
  });

  test('a refusal after an ambiguous attempt ends a read', () => {
    expect(step([lost, refused], { writes: false })).toEqual({ step: 'refuse', refusal });
  });
});

describe('giving up', () => {
  test.each<{ attempts: Attempts }>([
    { attempts: [lost, busy, busy] },
    { attempts: [busy, lost, busy] },
    { attempts: [busy, busy, lost] },
  ])('giving up reports the ambiguous attempt of a write, wherever it was: %#', ({ attempts }) => {
    expect(step(attempts)).toEqual({ step: 'stop', last: lost });
  });

  test('giving up reports the latest attempt of a read', () => {
    expect(step([lost, busy, busy], { writes: false })).toEqual({ step: 'stop', last: busy });
  });

  test('giving up reports that nothing was accepted only where every attempt of a write was not', () => {
    expect(step([busy, busy, busy])).toEqual({ step: 'stop', last: busy });
  });
});

describe('the delay', () => {
  test.each([
    { attempts: 1, jitter: 0, afterMs: 200 },
    { attempts: 1, jitter: 0.5, afterMs: 250 },
    { attempts: 1, jitter: 0.75, afterMs: 275 },
    { attempts: 2, jitter: 0, afterMs: 400 },
    { attempts: 2, jitter: 0.5, afterMs: 500 },
  ])('the delay after $attempts attempt(s) with jitter $jitter is $afterMs ms', (row) => {
    const attempts: Attempts = row.attempts === 1 ? [lost] : [lost, lost];
    expect(step(attempts, { jitter: row.jitter })).toEqual({ step: 'retry', afterMs: row.afterMs });
  });

  test('the delay is as long as WeChat asks for, but never shorter than the back-off', () => {
    const asked = (retryAfterMs: number) => step([{ ...busy, retryAfterMs }]);
    expect(asked(2_000)).toEqual({ step: 'retry', afterMs: 2_000 });
    expect(asked(0)).toEqual({ step: 'retry', afterMs: 200 });
  });

  test('the delay has to leave 50 ms for the attempt that follows', () => {
    expect(step([lost], { remainingMs: 250 })).toEqual({ step: 'retry', afterMs: 200 });
    expect(step([lost], { remainingMs: 249 })).toEqual({ step: 'stop', last: lost });
    expect(step([lost], { remainingMs: -1 })).toEqual({ step: 'stop', last: lost });
  });

  test('the delay is not waited for where WeChat asks for more time than there is', () => {
    const patient: NotAccepted = { ...busy, retryAfterMs: 8_000 };
    expect(step([patient])).toEqual({ step: 'stop', last: patient });
    expect(step([lost, patient])).toEqual({ step: 'stop', last: lost });
  });
});

describe('no repeat follows', () => {
  test('no repeat follows where the budget that all calls share is spent', () => {
    expect(step([lost], { mayRepeat: false })).toEqual({ step: 'stop', last: lost });
    expect(step([busy], { mayRepeat: false })).toEqual({ step: 'stop', last: busy });
  });

  test('no repeat follows where the call was held back here: it fails immediately, with its ambiguous if it has one', () => {
    const heldBack: NotAccepted = { ...busy, blockedLocally: true, retryAfterMs: 10 };
    expect(step([heldBack])).toEqual({ step: 'stop', last: heldBack });
    expect(step([lost, heldBack])).toEqual({ step: 'stop', last: lost });
    expect(step([lost, heldBack], { writes: false })).toEqual({ step: 'stop', last: heldBack });
  });
});

describe('the time of one attempt', () => {
  test.each([
    { rule: 'is a third of the budget', budgetMs: 6_000, remainingMs: 6_000, expected: 2_000 },
    { rule: 'is 3 s at most', budgetMs: 60_000, remainingMs: 60_000, expected: 3_000 },
    { rule: 'is no more than is left', budgetMs: 6_000, remainingMs: 700, expected: 700 },
    { rule: 'is never nothing', budgetMs: 6_000, remainingMs: -5, expected: 1 },
  ])('$rule', ({ budgetMs, remainingMs, expected }) => {
    expect(attemptTimeout(budgetMs, remainingMs)).toBe(expected);
  });

  test('the time of one attempt leaves room for three attempts', () => {
    expect(MAX_ATTEMPTS).toBe(3);
    expect(attemptTimeout(900, 900) * MAX_ATTEMPTS).toBe(900);
  });
});

test('a write that is not idempotent is retried after an attempt that may have taken effect only if a query shows no effect', () => {
  const once = { isIdempotent: false };
  expect(step([lost], once)).toMatchObject({ step: 'retry', unless: lost });
  expect(step([lost, busy], once)).toMatchObject({ step: 'retry', unless: lost });
  expect(step([busy], once)).not.toHaveProperty('unless');
  expect(step([lost])).not.toHaveProperty('unless');
  expect(step([lost], { ...once, writes: false })).not.toHaveProperty('unless');
});
