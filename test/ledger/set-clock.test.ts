import { describe, expect, test } from 'vitest';
import { createSteadyClock } from '../../src/ledger/create-ledger.ts';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire } from '../fixtures/ledger/intended.ts';
import { see } from '../fixtures/ledger/observations.ts';
import { manualClock } from '../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../fixtures/orders/reconcile.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The clocks of a machine: time passes on both, and the wall clock is set. */
function machine() {
  const wall = manualClock();
  const monotonic = manualClock(0);
  return {
    wall: wall.now,
    steadyNow: createSteadyClock({ wall: wall.now, monotonic: monotonic.now }),
    set: wall.advance,
    pass: (ms: number) => {
      wall.advance(ms);
      monotonic.advance(ms);
    },
  };
}

describe('a steady clock', () => {
  test.each([10, -10])('a wall clock that is set by %i minutes is followed slowly', (minutes) => {
    const { wall, steadyNow, set, pass } = machine();
    const before = steadyNow();
    expect(before).toBe(wall());
    set(minutes * MINUTE);
    expect(steadyNow()).toBe(before);
    pass(MINUTE);
    expect(steadyNow()).toBe(before + MINUTE * (minutes > 0 ? 1.1 : 0.9));
    pass(98 * MINUTE);
    expect(steadyNow()).not.toBe(wall());
    pass(MINUTE);
    expect(steadyNow()).toBe(wall());
  });

  test('a machine that has slept for an hour has the right time again', () => {
    const { wall, steadyNow, set, pass } = machine();
    set(60 * MINUTE);
    expect(steadyNow()).toBe(wall());
    pass(SECOND);
    expect(steadyNow()).toBe(wall());
  });
});

describe.each(databases)('if the clock of the machine is set, on $name', ({ start }) => {
  const database = useDatabase(start);

  async function opened() {
    const clocks = machine();
    const { wall: now, steadyNow } = clocks;
    const ledger = await database.openLedger({ now, steadyNow });
    const claimed = async () => {
      const { intents, orders } = await ledger.claimDue(10);
      return [...intents, ...orders].length;
    };
    return { ...clocks, ledger, claimed };
  }

  test.each([10, -10])('by %i minutes, an open write is claimed once, and in time', async (by) => {
    const { ledger, set, pass, claimed } = await opened();
    await acquire(ledger);
    set(by * MINUTE);
    pass(50 * SECOND);
    expect(await claimed()).toBe(0);
    pass(20 * SECOND);
    expect(await claimed()).toBe(1);
    pass(50 * SECOND);
    expect(await claimed()).toBe(0);
    pass(20 * SECOND);
    expect(await claimed()).toBe(1);
  });

  test.each([10, -10])('by %i minutes, an order is queried once, and in time', async (by) => {
    const { ledger, set, pass, claimed } = await opened();
    await see(ledger);
    set(by * MINUTE);
    pass(15 * SECOND);
    expect(await claimed()).toBe(0);
    pass(15 * SECOND);
    expect(await claimed()).toBe(1);
    expect(await claimed()).toBe(0);
  });

  test('forward by 10 minutes, a write that may still take effect does not count as not made', async () => {
    const { ledger, set, pass, steadyNow } = await opened();
    const { id } = await acquire(ledger);
    const intent = () =>
      ledger.store.db
        .selectFrom('intents')
        .select('status')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
    const makeDue = () =>
      ledger.store.write((tx) =>
        tx.updateTable('intents').set({ check_at: steadyNow() }).where('id', '=', id).execute(),
      );
    const notFound = queriesAnswering(() => null);
    set(10 * MINUTE);
    pass(10 * SECOND);
    await makeDue();
    await lookOnce(notFound, ledger);
    expect(await intent()).toEqual({ status: 'open' });
    pass(15 * SECOND);
    await makeDue();
    await lookOnce(notFound, ledger);
    expect(await intent()).toEqual({ status: 'absent' });
  });
});
