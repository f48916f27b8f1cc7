import { describe, expect, test } from 'vitest';
import {
  type Advance,
  advance,
  isFinal,
  type OrderState,
  statusOf,
} from '../../src/domain/order-state.ts';
import { PAY_AFTER_STATES, readPayAfterState } from '../../src/domain/pay-after-state-machine.ts';

const STATES = ['CREATED', 'USER_ACCEPTED', 'FINISHED', 'USER_PAID', 'REVOKED', 'EXPIRED'] as const;

/** From the state of the row to that of the column: f(orward), = same, s(tale), ! suspicious. */
const TABLE = {
  CREATED: '= f f f f f',
  USER_ACCEPTED: 's = f f f !',
  FINISHED: 's s = f f !',
  USER_PAID: 's s s = ! !',
  REVOKED: 's s s ! = !',
  EXPIRED: 's ! ! ! ! =',
} as const;

const MEANING: Readonly<Record<string, Advance>> = {
  f: 'forward',
  '=': 'same',
  s: 'stale',
  '!': 'suspicious',
};

const step = (from: OrderState, to: OrderState) => advance(PAY_AFTER_STATES, from, to);

const pairs = STATES.flatMap((from) =>
  STATES.map((to, column) => ({ from, to, is: MEANING[TABLE[from].split(' ')[column] ?? ''] })),
);

test.each(pairs)('from $from to $to is $is', ({ from, to, is }) => {
  expect(step(readPayAfterState(from), readPayAfterState(to))).toBe(is);
});

describe('a word that this server does not know', () => {
  const word = readPayAfterState('PARTLY_PAID');

  test('a word that this server does not know is kept as it came', () => {
    expect(word).toEqual({ status: 'UNKNOWN', stateRaw: 'PARTLY_PAID', stateDescriptionRaw: null });
  });

  test.each(['CREATED', 'USER_ACCEPTED', 'FINISHED'])(
    'a word that this server does not know is taken after %s',
    (from) => {
      expect(step(readPayAfterState(from), word)).toBe('forward');
    },
  );

  test.each(['USER_PAID', 'REVOKED', 'EXPIRED'])(
    'a word that this server does not know is suspicious after the final %s',
    (from) => {
      expect(step(readPayAfterState(from), word)).toBe('suspicious');
    },
  );

  test.each(['CREATED', 'USER_ACCEPTED', 'FINISHED'])(
    'a word that this server does not know is not overwritten by %s',
    (to) => {
      expect(step(word, readPayAfterState(to))).toBe('stale');
    },
  );

  test.each(['USER_PAID', 'REVOKED', 'EXPIRED'])(
    'a word that this server does not know gives way to the final %s',
    (to) => {
      expect(step(word, readPayAfterState(to))).toBe('forward');
    },
  );

  test('a word that this server does not know is the same as itself, and gives way to another new word', () => {
    expect(step(word, readPayAfterState('PARTLY_PAID'))).toBe('same');
    expect(step(word, readPayAfterState('DISPUTED'))).toBe('forward');
  });

  test.each(['UNKNOWN', '', 'created', 'constructor', ' CREATED'])(
    'a word that this server does not know may be %j',
    (raw) => {
      expect(readPayAfterState(raw)).toMatchObject({ status: 'UNKNOWN', stateRaw: raw });
    },
  );
});

test('only USER_PAID, REVOKED and EXPIRED are final', () => {
  const final = [...STATES, 'UNKNOWN' as const].filter((state) => isFinal(statusOf(state)));
  expect(final).toEqual(['USER_PAID', 'REVOKED', 'EXPIRED']);
});
