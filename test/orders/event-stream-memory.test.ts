import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LoggedEvent } from '../../src/ledger/records.ts';
import { ALL_ORDERS } from '../../src/orders/access/visibility.ts';
import { eventStream } from '../../src/orders/events/event-stream.ts';
import { collectGarbage } from '../support/heap.ts';
import { openTestLedger } from '../support-orders/ledger.ts';
import { eventsOf, loggedEvent, see } from '../support-orders/observations.ts';

async function turnOver(): Promise<void> {
  // What a WeakRef was asked for lives until the turn ends.
  await nextTurn();
  collectGarbage();
}

test('a reader that never reads keeps a hundred events in memory, not all of them', async () => {
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
