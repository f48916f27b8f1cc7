import { expect, test } from 'vitest';
import type { LoggedEvent } from '../../../src/ledger/records.ts';
import { createObservationFilter } from '../../../src/orders/state/observation.ts';
import { eventsOf, loggedEvent, see } from '../../fixtures/ledger/observations.ts';
import { openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { heapUsed } from '../../fixtures/process/heap.ts';

const MEGABYTE = 1024 * 1024;
const ORDERS = 2_000;
const WORD_LENGTH = 20_000;

test('the last states are remembered, but not values of any length', async () => {
  const ledger = await openTestLedger();
  await see(ledger);
  const [event] = await eventsOf(ledger);
  let listener = (_: LoggedEvent) => {};
  const bus = {
    ...ledger.bus,
    subscribe: (given: (event: LoggedEvent) => void) => {
      listener = given;
      return () => {};
    },
  };
  const observer = createObservationFilter({ ...ledger, bus });
  const before = heapUsed();
  for (let index = 0; event && index < ORDERS; index += 1) {
    // Through a buffer: else it would be no more than a reference to its parts.
    const word = Buffer.from(`${'X'.repeat(WORD_LENGTH)}${index}`).toString('latin1');
    listener(loggedEvent({ ...event, out_order_no: `N${index}`, state_raw: word }));
  }
  expect(event).toBeDefined();
  expect(heapUsed() - before).toBeLessThan(8 * MEGABYTE);
  observer.close();
  await ledger.close();
});
