import { describe, expect, test } from 'vitest';
import {
  type Advance,
  advance,
  isFinal,
  type OrderStatus,
  totalChange,
} from '../../src/domain/order-state.ts';
import { PAY_AFTER_STATES } from '../../src/domain/pay-after-state-machine.ts';
import {
  readServiceOrderState,
  SERVICE_ORDER_STATES,
  type ServiceOrderWords,
} from '../../src/domain/service-order-state-machine.ts';

/** `state`, `state_description` and `collection.state`, or a part of them. */
function words(text: string): ServiceOrderWords {
  const [state = '', stateDescription = '', collectionState = ''] = text.split('/');
  return {
    state,
    stateDescription: stateDescription || null,
    collectionState: collectionState || null,
  };
}

const read = (text: string) => readServiceOrderState(words(text));

test.each<[string, OrderStatus]>([
  ['CREATED', 'CREATED'],
  ['CREATED/MCH_COMPLETE', 'CREATED'],
  ['DOING/USER_CONFIRM', 'ACCEPTED'],
  ['DOING/MCH_COMPLETE', 'COMPLETED'],
  ['DOING/MCH_COMPLETE/USER_PAYING', 'COMPLETED'],
  ['DOING/MCH_COMPLETE/SOMETHING_NEW', 'COMPLETED'],
  ['DOING/MCH_COMPLETE/USER_PAID', 'PAID'],
  ['DOING', 'UNKNOWN'],
  ['DOING/SOMETHING_NEW', 'UNKNOWN'],
  ['DOING/SOMETHING_NEW/USER_PAID', 'UNKNOWN'],
  ['DONE', 'PAID'],
  ['DONE//USER_PAID', 'PAID'],
  ['REVOKED', 'CANCELED'],
  ['REVOKED/USER_CONFIRM', 'CANCELED'],
  ['EXPIRED', 'EXPIRED'],
  ['SOMETHING_NEW', 'UNKNOWN'],
  ['', 'UNKNOWN'],
])('a service order that shows %j is %s', (text, status) => {
  const { state, stateDescription } = words(text);
  const stateDescriptionRaw = state === 'DOING' ? stateDescription : null;
  expect(read(text)).toEqual({ status, stateRaw: state, stateDescriptionRaw });
});

const STATES = {
  CREATED: 'CREATED',
  ACCEPTED: 'DOING/USER_CONFIRM',
  COMPLETED: 'DOING/MCH_COMPLETE',
  PAID: 'DONE',
  CANCELED: 'REVOKED',
  EXPIRED: 'EXPIRED',
  /** Under way, and nothing else is known. */
  DOING: 'DOING',
  /** A state that this server does not know. */
  OTHER: 'SOMETHING_NEW',
} as const;

/** From the status of the row to that of the column: f(orward), = same, s(tale), ! suspicious. */
const TABLE = {
  CREATED: '= f f f f f f f',
  ACCEPTED: 's = f f f ! s f',
  COMPLETED: 's s = f f ! s f',
  PAID: 's s s = ! ! s !',
  CANCELED: 's s s ! = ! s !',
  EXPIRED: 's ! ! ! ! = s !',
} as const;

const MEANING: Readonly<Record<string, Advance>> = {
  f: 'forward',
  '=': 'same',
  s: 'stale',
  '!': 'suspicious',
};

const pairs = Object.entries(TABLE).flatMap(([from, row]) =>
  Object.entries(STATES).map(([to, shown], column) => ({
    ...{ from, to, shown },
    is: MEANING[row.split(' ')[column] ?? ''],
  })),
);

test.each(pairs)('a service order from $from to $to is $is', ({ from, shown, is }) => {
  const before = Object.entries(STATES).find(([status]) => status === from)?.[1] ?? '';
  expect(advance(SERVICE_ORDER_STATES, read(before), read(shown))).toBe(is);
});

describe('a service order of which the state is not known', () => {
  const stepAfter = (lastKnown: OrderStatus, text: string, unknown = 'SOMETHING_NEW') =>
    advance(SERVICE_ORDER_STATES, read(unknown), read(text), lastKnown);

  test('a service order of which the state is not known gives way to what comes after its last known state', () => {
    expect(stepAfter('ACCEPTED', 'DOING/MCH_COMPLETE')).toBe('forward');
    expect(stepAfter('ACCEPTED', 'DOING/USER_CONFIRM')).toBe('stale');
    expect(stepAfter('COMPLETED', 'DOING/USER_CONFIRM')).toBe('stale');
    expect(stepAfter('COMPLETED', 'DONE')).toBe('forward');
    expect(stepAfter('CREATED', 'DOING/USER_CONFIRM', 'DOING')).toBe('forward');
  });

  test('a service order of which the state is not known is the same only with the same values', () => {
    expect(stepAfter('CREATED', 'DOING', 'DOING')).toBe('same');
    expect(stepAfter('CREATED', 'DOING/SOMETHING_NEW', 'DOING')).toBe('forward');
    expect(stepAfter('COMPLETED', 'DOING')).toBe('stale');
    expect(stepAfter('COMPLETED', 'OTHER_NEW')).toBe('forward');
  });
});

test('words that differ without another status are the same state', () => {
  const step = (from: string, to: string) => advance(SERVICE_ORDER_STATES, read(from), read(to));
  expect(step('DOING/MCH_COMPLETE', 'DOING/MCH_COMPLETE/USER_PAYING')).toBe('same');
  expect(step('DOING/MCH_COMPLETE/USER_PAID', 'DONE//USER_PAID')).toBe('same');
});

describe('the total of an order', () => {
  const change = (
    status: OrderStatus,
    [known, now]: readonly [number | null, number | null],
    step: Advance = 'same',
  ) =>
    totalChange(
      SERVICE_ORDER_STATES,
      { status, totalAmount: known },
      { totalAmount: now, advance: step },
    );

  test.each([
    ['a total that becomes known', 'COMPLETED', [null, 450], 'same', 'none'],
    ['a total that is omitted', 'COMPLETED', [450, null], 'same', 'none'],
    ['the same total', 'PAID', [450, 450], 'same', 'none'],
    ['a lower total', 'COMPLETED', [450, 300], 'same', 'lowered'],
    ['a total of 0', 'COMPLETED', [450, 0], 'same', 'lowered'],
    ['a lower total of an order that is paid now', 'COMPLETED', [450, 300], 'forward', 'lowered'],
    ['the total before a modify', 'COMPLETED', [300, 450], 'same', 'outdated'],
    [
      'a higher total of an order that is paid now',
      'COMPLETED',
      [300, 450],
      'forward',
      'contradicts',
    ],
    ['another total of a paid order', 'PAID', [450, 300], 'same', 'contradicts'],
    ['another total of a paid order', 'PAID', [300, 450], 'same', 'contradicts'],
    ['a late total of a paid order that is higher', 'PAID', [300, 450], 'stale', 'outdated'],
    ['a late total of a paid order that is lower', 'PAID', [450, 300], 'stale', 'contradicts'],
    ['a late total of a canceled order', 'CANCELED', [450, 300], 'stale', 'outdated'],
    ['a lower total of an order in an unknown state', 'UNKNOWN', [450, 300], 'stale', 'lowered'],
  ] as const)('%s (%s, %j, %s) of a service order is %s', (_what, status, totals, step, is) => {
    expect(change(status, totals, step)).toBe(is);
  });

  test('another total of a pay-after order always contradicts it', () => {
    for (const status of ['COMPLETED', 'PAID', 'UNKNOWN'] as const) {
      const seen = { totalAmount: 300, advance: 'same' } as const;
      expect(totalChange(PAY_AFTER_STATES, { status, totalAmount: 450 }, seen)).toBe('contradicts');
    }
  });
});

test('both products end in the same statuses', () => {
  for (const { next } of [PAY_AFTER_STATES, SERVICE_ORDER_STATES]) {
    const ends = Object.entries(next).filter(
      ([status, later]) => later.length === 0 && status !== 'UNKNOWN',
    );
    expect(ends.map(([status]) => status)).toEqual(['PAID', 'CANCELED', 'EXPIRED']);
  }
  expect((['PAID', 'CANCELED', 'EXPIRED'] as const).every(isFinal)).toBe(true);
});
