import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import type { LoggedEvent } from '../../../src/ledger/records.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { eventsOf, loggedEvent, see } from '../../fixtures/ledger/observations.ts';
import { openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { collectGarbage } from '../../fixtures/process/heap.ts';

async function turnOver(): Promise<void> {
  // The target of a dereferenced WeakRef lives until the turn ends.
  await nextTurn();
  collectGarbage();
}

test('for a reader that never reads a hundred events stay in memory, not all of them', async () => {
  const ledger = await openTestLedger();
  await see(ledger);
  const [event] = await eventsOf(ledger);
  const listeners = new Set<(event: LoggedEvent) => void>();
  const bus = {
    ...ledger.bus,
    subscribe: (listener: (event: LoggedEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const stream = eventStream(
    { ...ledger, bus },
    { visibility: ALL_ORDERS, outOrderNo: null, after: null },
  );
  const given = Array.from({ length: 5_000 }, (_, index) => {
    const row = event && loggedEvent({ ...event, id: index + 2 });
    for (const listener of row ? listeners : []) {
      row && listener(row);
    }
    return row && new WeakRef(row);
  });
  await turnOver();
  const kept = given.filter((reference) => reference?.deref() !== undefined);
  expect(given).toHaveLength(5_000);
  expect(kept.length).toBeLessThanOrEqual(150);
  await stream.return?.();
  await ledger.close();
});
