import { expect, test } from 'vitest';
import { ALL_ORDERS, type Visibility } from '../../../src/domain/visibility.ts';
import { createListeners, type Interest } from '../../../src/ledger/events/bus.ts';
import type { LoggedEvent } from '../../../src/ledger/records.ts';
import { event, loggedEvent } from '../../fixtures/ledger/observations.ts';

const ANN: Visibility = { kind: 'own', owner: 'ann' };

const INTERESTS: Readonly<Record<string, Interest | undefined>> = {
  everything: undefined,
  'all orders': { visibility: ALL_ORDERS, outOrderNo: null },
  'the order N1': { visibility: ALL_ORDERS, outOrderNo: 'N1' },
  'the order N2': { visibility: ALL_ORDERS, outOrderNo: 'N2' },
  'the order N1, of Ann': { visibility: ANN, outOrderNo: 'N1' },
  'all orders of Ann': { visibility: ANN, outOrderNo: null },
  'all orders of Bob': { visibility: { kind: 'own', owner: 'bob' }, outOrderNo: null },
};

function logged(of: Partial<Pick<LoggedEvent, 'owner' | 'claimant'>>): LoggedEvent {
  return loggedEvent(event({ id: 1, out_order_no: 'N1' }), of);
}

/** The listeners that are called with an event. */
function calledWith(logged: LoggedEvent): readonly string[] {
  const listeners = createListeners();
  const called: string[] = [];
  for (const [name, interest] of Object.entries(INTERESTS)) {
    listeners.add(() => called.push(name), interest);
  }
  for (const listener of listeners.of(logged)) {
    listener(logged);
  }
  return called.toSorted();
}

const ALL = ['all orders', 'everything', 'the order N1', 'the order N1, of Ann'];

test('an event calls the listeners of everything, of its order and of its owner', () => {
  expect(calledWith(logged({ owner: 'ann' }))).toEqual([
    'all orders',
    'all orders of Ann',
    ...ALL.slice(1),
  ]);
});

test('an event of an order whose owner is not known yet calls its possible owner', () => {
  expect(calledWith(logged({ claimant: 'bob' }))).toEqual([
    'all orders',
    'all orders of Bob',
    ...ALL.slice(1),
  ]);
  expect(calledWith(logged({ owner: 'ann', claimant: 'bob' }))).not.toContain('all orders of Bob');
});

test('an event of an order without an owner calls no owner', () => {
  expect(calledWith(logged({}))).toEqual(ALL);
});

test('10,000 listeners to other orders do not slow down an event', () => {
  const listeners = createListeners();
  for (let other = 0; other < 10_000; other += 1) {
    listeners.add(() => {}, { visibility: ALL_ORDERS, outOrderNo: `OTHER${other}` });
  }
  expect(listeners.of(logged({}))).toEqual([]);
});

test('a stopped listener is not called, and stopping twice has no effect on others', () => {
  const listeners = createListeners();
  const interest = { visibility: ALL_ORDERS, outOrderNo: 'N1' };
  const stay = () => {};
  const stop = listeners.add(() => {}, interest);
  stop();
  listeners.add(stay, interest);
  stop();
  expect(listeners.of(logged({}))).toEqual([stay]);
});
