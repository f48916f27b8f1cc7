import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { createEventBus } from '../../../src/ledger/events/bus.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { event, loggedEvent } from '../../fixtures/ledger/observations.ts';
import { openTestLedger, writeRows } from '../../fixtures/ledger/test-ledger.ts';
import { idsOf, take, upTo } from '../../fixtures/orders/streams.ts';

test('an event of a thousand streams leaves the event loop to others in between', async () => {
  let notify = () => {};
  let events = [loggedEvent(event({ id: 1 }))];
  const bus = await createEventBus(
    {
      newest: () => Promise.resolve(0),
      eventsAfter: () => {
        const page = events;
        events = [];
        return Promise.resolve(page);
      },
      onNotify: (callback) => {
        notify = callback;
        return () => {};
      },
    },
    (error) => {
      throw error;
    },
  );
  let heard = 0;
  for (let stream = 0; stream < 1_000; stream += 1) {
    bus.subscribe(() => {
      heard += 1;
    });
  }
  notify();
  const steps = new Set<number>();
  while (heard < 1_000) {
    steps.add(heard);
    await nextTurn();
  }
  expect(steps.size).toBeGreaterThan(10);
  await bus.close();
});

test('streams that continue from an old cursor read a few pages at a time, and miss nothing', async () => {
  let [reading, most] = [0, 0];
  const ledger = await openTestLedger({
    engine: (real) => ({
      ...real,
      run: async (name, input, options) => {
        const isStream = name === 'eventsAfter' && options.pace !== 'background';
        reading += isStream ? 1 : 0;
        most = Math.max(most, reading);
        const value = await real.run(name, input, options);
        reading -= isStream ? 1 : 0;
        return value;
      },
    }),
  });
  const rows = upTo(100).map((id) => event({ id, out_order_no: `N${id}` }));
  await writeRows(ledger, (tx) => tx.insertInto('events').values(rows).execute());
  const streams = Array.from({ length: 50 }, () =>
    eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: 0 }),
  );
  const read = await Promise.all(streams.map((stream) => take(stream, 100)));
  expect(read.map(idsOf)).toEqual(streams.map(() => upTo(100)));
  expect(most).toBeLessThanOrEqual(4);
  await Promise.all(streams.map((stream) => stream.return?.()));
  await ledger.close();
});

test('while an own create stays open, a stream reads the log more and more rarely, and ends immediately', async () => {
  const ledger = await openTestLedger();
  let reads = 0;
  const unsettled = { ...loggedEvent(event({ id: 1 })), owner: null, claimant: 'ann' };
  const stream = eventStream(
    {
      ...ledger,
      eventsAfter: () => {
        reads += 1;
        return Promise.resolve([unsettled]);
      },
    },
    { visibility: { kind: 'own', owner: 'ann' }, outOrderNo: null, after: 0 },
  );
  const next = stream.next();
  await sleep(1_000);
  expect(reads).toBeGreaterThan(1);
  expect(reads).toBeLessThan(6);
  await stream.return?.();
  expect(await next).toMatchObject({ done: true });
  await ledger.close();
});
