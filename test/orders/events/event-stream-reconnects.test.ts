import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import { BEGINNING, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { idsOf, take, upTo } from '../../fixtures/orders/streams.ts';

const EVENTS = 300;
const CUTS = 60;

/** Writes in bursts of random size, until all are written. */
async function writeAll(ledgers: readonly TestLedger[]): Promise<void> {
  const numbers = upTo(EVENTS);
  while (numbers.length > 0) {
    const burst = numbers.splice(0, 1 + Math.floor(Math.random() * 20));
    const writes = burst.flatMap((number) => {
      const ledger = ledgers[number % ledgers.length];
      return ledger ? [see(ledger, { outOrderNo: `N${number}` })] : [];
    });
    await Promise.all(writes);
    await sleep(Math.random() * 5);
  }
}

/** Reads on after the last cursor, again and again, from one instance after the other. */
async function readWithCuts(ledgers: readonly TestLedger[]): Promise<number[]> {
  const seen: number[] = [];
  for (let cut = 0; seen.length < EVENTS; cut += 1) {
    const ledger = ledgers[cut % ledgers.length];
    if (ledger === undefined) {
      break;
    }
    const stream = eventStream(ledger, {
      visibility: ALL_ORDERS,
      outOrderNo: null,
      after: seen.at(-1) ?? 0,
    });
    const few = 1 + Math.floor(Math.random() * ((2 * EVENTS) / CUTS));
    const count = cut < CUTS ? Math.min(few, EVENTS - seen.length - (CUTS - cut)) : Infinity;
    seen.push(...idsOf(await take(stream, Math.min(Math.max(count, 1), EVENTS - seen.length))));
    await stream.return?.();
  }
  return seen;
}

describe.each(databases)('a reader that is cut off 60 times while events come, on $name', (on) => {
  const database = useDatabase(on.start);

  test('a reader that is disconnected 60 times sees every event once, in order', async () => {
    const url = await database.freshUrl();
    const ledgers = [await database.openLedger({ url, now: BEGINNING })];
    if (on.name === 'PostgreSQL') {
      ledgers.push(await database.openLedger({ url, now: BEGINNING }));
    }
    const writing = writeAll(ledgers);
    const readers = await Promise.all([readWithCuts(ledgers), readWithCuts(ledgers)]);
    await writing;
    for (const seen of readers) {
      expect(seen).toEqual(upTo(EVENTS));
    }
  });

  test('a reader that stays connected sees all events live', async () => {
    const url = await database.freshUrl();
    const ledgers = [await database.openLedger({ url, now: BEGINNING })];
    if (on.name === 'PostgreSQL') {
      ledgers.push(await database.openLedger({ url, now: BEGINNING }));
    }
    const readers = ledgers.flatMap((ledger) => {
      const live = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: null });
      const replayed = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: 0 });
      return [take(live, EVENTS), take(replayed, EVENTS)];
    });
    await writeAll(ledgers);
    for (const events of await Promise.all(readers)) {
      expect(idsOf(events)).toEqual(upTo(EVENTS));
    }
  });
});
