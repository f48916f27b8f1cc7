import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WRITES } from '../../../src/ledger/jobs/jobs.ts';
import { createLife, type Life, newNumber } from '../../fixtures/app/merchant-app.ts';
import { create } from '../../fixtures/app/order-operations.ts';
import { recordedEvents } from '../../fixtures/app/recorded-events.ts';
import { at } from '../../fixtures/json-at.ts';

let life: Life;
let outOrderNo: string;
let written = 0;
beforeAll(async () => {
  life = await createLife({
    engine: (real) => ({
      ...real,
      run: (name, ...rest) => {
        written += name in WRITES ? 1 : 0;
        return real.run(name, ...rest);
      },
    }),
  });
});
beforeEach(async () => {
  outOrderNo = newNumber();
  await create(life, { outOrderNo });
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION']);
  life.forgetCalls();
});
afterAll(() => life.close());

const query = () => life.run(`{ payAfterOrder(by: { outOrderNo: "${outOrderNo}" }) { state } }`);

const eventsOf = () => recordedEvents(life, outOrderNo);

/** How many writes there were so far, once all are done. */
async function writes(): Promise<number> {
  await life.ledger.idle();
  return written;
}

test('records are shown without a call to WeChat, though the order has moved on there', async () => {
  await life.user('confirm', outOrderNo);
  const answer = await life.run(
    `{ payAfterOrders(first: 1) { edges { node {
      outOrderNo serviceId appid state stateRaw createdAt observedAt lastEventId
      events { edges { cursor node { id state } } } } } } }`,
  );
  const node = at(answer, 'data', 'payAfterOrders', 'edges', 0, 'node');
  expect(node).toMatchObject({ outOrderNo, state: 'CREATED', stateRaw: 'CREATED' });
  expect(life.calls()).toEqual([]);
});

test('a query that shows news is recorded in the background, as a QUERY', async () => {
  await life.user('confirm', outOrderNo);
  expect(await query()).toEqual({ data: { payAfterOrder: { state: 'USER_ACCEPTED' } } });
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION', 'USER_ACCEPTED QUERY']);
});

test('a query of an order that is not known here makes a record of it', async () => {
  await life.ledger.store.db.deleteFrom('orders').where('out_order_no', '=', outOrderNo).execute();
  await life.ledger.store.db.deleteFrom('events').where('out_order_no', '=', outOrderNo).execute();
  await life.user('confirm', outOrderNo);
  await query();
  await expect.poll(eventsOf).toEqual(['USER_ACCEPTED QUERY']);
});

test('a query that shows nothing new writes nothing', async () => {
  const before = await writes();
  for (let times = 0; times < 5; times += 1) {
    await query();
  }
  expect(await writes()).toBe(before);
  expect(life.calls('query')).toHaveLength(5);
});

test('of many queries that show the same news one writes', async () => {
  await life.user('confirm', outOrderNo);
  await Promise.all(Array.from({ length: 10 }, query));
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION', 'USER_ACCEPTED QUERY']);
  const before = await writes();
  await Promise.all(Array.from({ length: 10 }, query));
  expect(await writes()).toBe(before);
});

test('a query of an order that WeChat does not know writes nothing', async () => {
  const before = await writes();
  outOrderNo = newNumber();
  expect(await query()).toEqual({ data: { payAfterOrder: null } });
  expect(await writes()).toBe(before);
});
