import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../src/domain/visibility.ts';
import { databases, startPostgresOnce, useDatabase } from '../fixtures/ledger/databases.ts';
import { eventsOf, see } from '../fixtures/ledger/observations.ts';
import { BEGINNING, manualClock } from '../fixtures/ledger/test-ledger.ts';

const WRITES = 200;

describe('two instances that write to one PostgreSQL', () => {
  const database = useDatabase(startPostgresOnce);

  test('two instances assign cursors in the order of commits, so that a reader never misses one', async () => {
    const url = await database.freshUrl();
    const options = { url, now: BEGINNING };
    const instances = [await database.openLedger(options), await database.openLedger(options)];
    const { db } = await database.openStore(url);
    let writing = true;
    const read: number[] = [];
    const reading = (async () => {
      // What commits late with a low cursor would never be read.
      for (let last = 0, more = true; more; ) {
        more = writing;
        const query = db.selectFrom('events').select('id').where('id', '>', last).orderBy('id');
        for (const { id } of await query.execute()) {
          read.push(id);
          last = id;
        }
        // Between the commits, and not for nothing between two reads.
        await sleep(1);
      }
    })();
    const writers = instances.map(async (ledger, instance) => {
      for (let number = 0; number < WRITES; number += 5) {
        const few = [0, 1, 2, 3, 4].map((more) =>
          see(ledger, { outOrderNo: `I${instance}-${number + more}` }),
        );
        await Promise.all(few);
        await sleep(Math.random() * 3);
      }
    });
    await Promise.all(writers);
    writing = false;
    await reading;
    expect(read).toEqual(Array.from({ length: 2 * WRITES }, (_, index) => index + 1));
  });

  test('two instances record one change of one order only once', async () => {
    const url = await database.freshUrl();
    const one = await database.openLedger({ url });
    const other = await database.openLedger({ url });
    const both = Array.from({ length: 100 }, (_, index) => see(index % 2 ? one : other));
    const outcomes = (await Promise.all(both)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(await eventsOf(one)).toHaveLength(1);
  });
});

describe.each(databases)('a write that fails on $name', ({ start }) => {
  const database = useDatabase(start);

  test('a write that fails leaves no gap in the cursors', async () => {
    const ledger = await database.openLedger({ now: BEGINNING });
    const broken = ledger.store.write(() => Promise.reject(new Error('broken')));
    await Promise.allSettled([see(ledger), broken, see(ledger, { outOrderNo: 'N2' })]);
    expect((await eventsOf(ledger)).map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe.each(databases)('the ids of events on $name', ({ start }) => {
  const database = useDatabase(start);

  test('two instances whose clocks differ assign ids that increase, each at least the time of the event', async () => {
    const url = await database.freshUrl();
    const [clock, late] = [manualClock(5_000), manualClock(2_000)];
    const one = await database.openLedger({ url, now: clock.now });
    const other = await database.openLedger({ url, now: late.now });
    await see(one, { outOrderNo: 'N1' });
    await see(other, { outOrderNo: 'N2' });
    await see(one, { outOrderNo: 'N3' });
    clock.advance(10);
    await see(one, { outOrderNo: 'N4' });
    expect((await eventsOf(one)).map(({ id }) => id)).toEqual([5_000, 5_001, 5_002, 5_010]);
  });

  test('after a restored backup no event gets the id of a lost one, so that its cursor is refused for good', async () => {
    const clock = manualClock();
    const url = await database.freshUrl();
    const before = await database.openLedger({ url, now: clock.now });
    await see(before, { outOrderNo: 'N1' });
    // The backup ends here.
    for (const outOrderNo of ['N2', 'N3', 'N4']) {
      await see(before, { outOrderNo });
    }
    const [kept, ...lost] = (await eventsOf(before)).map(({ id }) => id);
    await before.store.write(async (tx) => {
      await tx.deleteFrom('events').where('id', 'in', lost).execute();
      await tx.deleteFrom('orders').where('out_order_no', '!=', 'N1').execute();
    });
    await before.close();

    clock.advance(60_000);
    const restored = await database.openLedger({ url, now: clock.now });
    for (const outOrderNo of ['N5', 'N6', 'N7', 'N8']) {
      await see(restored, { outOrderNo });
    }
    const known = [kept ?? 0, ...lost].map((id) => restored.findEvent(ALL_ORDERS, id));
    expect(await Promise.all(known)).toMatchObject([{ id: kept }, null, null, null]);
    const later = await restored.eventsAfter({ cursor: lost.at(-1) ?? 0, limit: 9 });
    expect(later.map(({ outOrderNo }) => outOrderNo)).toEqual(['N5', 'N6', 'N7', 'N8']);
  });
});
