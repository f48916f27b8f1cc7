import { describe, expect, test } from 'vitest';
import {
  nextIntentCheck,
  nextOrderCheck,
  type OrderStatus,
  statusOf,
} from '../../src/domain/order-state.ts';
import { PAY_AFTER_STATES } from '../../src/domain/pay-after-state-machine.ts';
import { SERVICE_ORDER_STATES } from '../../src/domain/service-order-state-machine.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 31);

const STATES = ['CREATED', 'USER_ACCEPTED', 'FINISHED', 'UNKNOWN'] as const;
const FINAL = ['USER_PAID', 'REVOKED', 'EXPIRED'] as const;

type State = (typeof STATES)[number] | (typeof FINAL)[number];

/** How long after now the next look is; null: none. */
function orderWait(state: State, age: number, jitter = 0): number | null {
  const status = statusOf(state);
  const next = nextOrderCheck(PAY_AFTER_STATES, { status, since: NOW - age, now: NOW }, jitter);
  return next === null ? null : next - NOW;
}

describe('an order', () => {
  test.each<[State, number, number | null]>([
    ['CREATED', 0, 20 * SECOND],
    ['CREATED', 80 * SECOND, 20 * SECOND],
    ['CREATED', 4 * MINUTE, MINUTE],
    ['CREATED', HOUR, 5 * MINUTE],
    ['CREATED', 2 * HOUR, 5 * MINUTE],
    ['CREATED', 2 * HOUR + 1, null],
    ['USER_ACCEPTED', 0, 20 * SECOND],
    ['USER_ACCEPTED', 2 * HOUR, 30 * MINUTE],
    ['USER_ACCEPTED', DAY, HOUR],
    ['USER_ACCEPTED', 30 * DAY, HOUR],
    ['USER_ACCEPTED', 30 * DAY + 1, null],
    ['FINISHED', 0, 20 * SECOND],
    ['FINISHED', 30 * DAY + 1, null],
    ['UNKNOWN', 30 * DAY, HOUR],
    ['UNKNOWN', 30 * DAY + 1, null],
  ])('an order that is %s for %i ms is looked at again after %s ms', (state, age, wait) => {
    expect(orderWait(state, age)).toBe(wait);
  });

  test.each(FINAL)('an order that is %s is never looked at again', (state) => {
    expect([0, MINUTE, DAY].map((age) => orderWait(state, age))).toEqual([null, null, null]);
  });

  test.each(STATES)(
    'an order that is %s is found out within a minute while it is young',
    (state) => {
      for (let age = 0; age <= 3 * MINUTE; age += SECOND) {
        expect(orderWait(state, age, 0.999_9)).toBeLessThanOrEqual(MINUTE);
      }
    },
  );

  test('an order that is CREATED is still looked at after it has expired', () => {
    let age = 0;
    let after = 0;
    for (let wait = orderWait('CREATED', 0); wait !== null; wait = orderWait('CREATED', age)) {
      age += wait;
      after += age > HOUR ? 1 : 0;
    }
    expect(after).toBeGreaterThan(0);
  });

  test('an order is looked at a little later by jitter, never sooner', () => {
    expect(orderWait('CREATED', 0, 0.999_9)).toBeGreaterThan(20 * SECOND);
    expect(orderWait('CREATED', 0, 0.999_9)).toBeLessThanOrEqual(25 * SECOND);
  });

  test('an order is looked at in time although the clock went back', () => {
    expect(orderWait('CREATED', -DAY)).toBe(20 * SECOND);
  });
});

describe('a service order', () => {
  const wait = (status: OrderStatus, age: number, jitter = 0) => {
    const check = { status, since: NOW - age, now: NOW };
    const next = nextOrderCheck(SERVICE_ORDER_STATES, check, jitter);
    return next === null ? null : next - NOW;
  };

  test.each<[OrderStatus, number, number | null]>([
    ['CREATED', 0, 20 * SECOND],
    ['CREATED', HOUR, 15 * MINUTE],
    ['CREATED', DAY, 6 * HOUR],
    ['CREATED', 30 * DAY, 6 * HOUR],
    ['CREATED', 31 * DAY + 1, null],
    ['ACCEPTED', DAY, HOUR],
    ['ACCEPTED', 30 * DAY + 1, null],
    ['COMPLETED', 0, 20 * SECOND],
    ['COMPLETED', 30 * DAY, HOUR],
    ['COMPLETED', 30 * DAY + 1, DAY],
    ['COMPLETED', 3_650 * DAY, DAY],
    ['UNKNOWN', 30 * DAY + 1, null],
    ['PAID', 0, null],
    ['CANCELED', 0, null],
    ['EXPIRED', 0, null],
  ])('a service order that is %s for %i ms is looked at again after %s ms', (status, age, is) => {
    expect(wait(status, age)).toBe(is);
  });

  test('a service order that is CREATED is still looked at after it has expired, and not more than 200 times in all', () => {
    let age = 0;
    let looks = 0;
    let after = 0;
    for (let next = wait('CREATED', 0); next !== null; next = wait('CREATED', age, 0.999_9)) {
      age += next;
      looks += 1;
      after += age > 30 * DAY ? 1 : 0;
    }
    expect(after).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(200);
  });
});

describe('an open intent', () => {
  const intentWait = (age: number, jitter = 0) =>
    nextIntentCheck({ since: NOW - age, now: NOW }, jitter) - NOW;

  test.each([
    [0, 2 * SECOND],
    [-DAY, 2 * SECOND],
    [10 * SECOND, 5 * SECOND],
    [MINUTE, 20 * SECOND],
    [HOUR - 1, 20 * SECOND],
    [HOUR, 30 * MINUTE],
    [2 * HOUR, HOUR],
    [365 * DAY, HOUR],
  ])('an open intent of %i ms is looked at again after %i ms', (age, wait) => {
    expect(intentWait(age)).toBe(wait);
  });

  test('an open intent is looked at twice a minute at least, for an hour', () => {
    for (let age = 0; age < HOUR; age += 10 * SECOND) {
      expect(intentWait(age, 0.999_9)).toBeLessThanOrEqual(30 * SECOND);
    }
  });
});
