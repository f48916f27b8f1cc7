import { describe, expect, test } from 'vitest';
import { mayBecome, type OrderState, stateAt } from '../../../src/sandbox/orders/order-state.ts';

const STATES: readonly OrderState[] = [
  'CREATED',
  'USER_ACCEPTED',
  'FINISHED',
  'USER_PAID',
  'REVOKED',
  'EXPIRED',
];

const STEPS = new Set([
  'CREATED → USER_ACCEPTED',
  'CREATED → REVOKED',
  'CREATED → EXPIRED',
  'USER_ACCEPTED → FINISHED',
  'USER_ACCEPTED → REVOKED',
  'FINISHED → USER_PAID',
  'FINISHED → REVOKED',
]);

describe('states only move forward', () => {
  const pairs = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

  test.each(pairs)('an order goes from %s to %s only if that is a step forward', (from, to) => {
    expect(mayBecome(from, to)).toBe(STEPS.has(`${from} → ${to}`));
  });
});

describe('an hour after the create', () => {
  const hour = 3_600_000;

  test('an hour after the create CREATED becomes EXPIRED, and not earlier', () => {
    expect(stateAt('CREATED', 5, hour + 4)).toBe('CREATED');
    expect(stateAt('CREATED', 5, hour + 5)).toBe('EXPIRED');
  });

  test.each(STATES.filter((state) => state !== 'CREATED'))(
    'an hour after the create %s does not change',
    (state) => {
      expect(stateAt(state, 0, 10 * hour)).toBe(state);
    },
  );
});
