import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { databases, startPostgresOnce, useDatabase } from '../fixtures/ledger/databases.ts';
import { eventsOf, see } from '../fixtures/ledger/observations.ts';

const WRITES = 300;

describe('two instances that write to one PostgreSQL', () => {
  const database = useDatabase(startPostgresOnce);

  test('two instances assign cursors in the order of commits, so that a reader never misses one', async () => {
    const url = await database.freshUrl();
    const instances = [await database.openLedger({ url }), await database.openLedger({ url })];
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
    const ledger = await database.openLedger();
    const broken = ledger.store.write(() => Promise.reject(new Error('broken')));
    await Promise.allSettled([see(ledger), broken, see(ledger, { outOrderNo: 'N2' })]);
    expect((await eventsOf(ledger)).map(({ id }) => id)).toEqual([1, 2]);
  });
});
