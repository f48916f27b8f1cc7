import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WRITES } from '../../../src/ledger/jobs/jobs.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { create } from '../../fixtures/app/order-operations.ts';
import { recordedEvents } from '../../fixtures/app/recorded-events.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
let outOrderNo: string;
let written = 0;
beforeAll(async () => {
  fixture = await createAppWithSandbox({
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
  outOrderNo = newOutOrderNo();
  await create(fixture, { outOrderNo });
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION']);
  fixture.resetCalls();
});
afterAll(() => fixture.close());

const query = () => fixture.run(`{ payAfterOrder(by: { outOrderNo: "${outOrderNo}" }) { state } }`);

const eventsOf = () => recordedEvents(fixture, outOrderNo);

/** How many writes there were so far, once all are done. */
async function writes(): Promise<number> {
  await fixture.ledger.idle();
  return written;
}

test('records are shown without a call to WeChat Pay, even if the order has changed there', async () => {
  await fixture.user('confirm', outOrderNo);
  const answer = await fixture.run(
    `{ orderRecords(first: 1) { edges { node {
      outOrderNo serviceId appid status stateRaw createdAt observedAt lastEventCursor
      events { edges { cursor node { cursor status } } } } } } }`,
  );
  const node = at(answer, 'data', 'orderRecords', 'edges', 0, 'node');
  expect(node).toMatchObject({ outOrderNo, status: 'CREATED', stateRaw: 'CREATED' });
  expect(fixture.calls()).toEqual([]);
});

test('a change that a query shows is recorded in the background, with the source QUERY', async () => {
  await fixture.user('confirm', outOrderNo);
  expect(await query()).toEqual({ data: { payAfterOrder: { state: 'USER_ACCEPTED' } } });
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION', 'USER_ACCEPTED QUERY']);
});

test('a query of an order that is not recorded records it', async () => {
  await fixture.ledger.store.db
    .deleteFrom('orders')
    .where('out_order_no', '=', outOrderNo)
    .execute();
  await fixture.ledger.store.db
    .deleteFrom('events')
    .where('out_order_no', '=', outOrderNo)
    .execute();
  await fixture.user('confirm', outOrderNo);
  await query();
  await expect.poll(eventsOf).toEqual(['USER_ACCEPTED QUERY']);
});

test('a query that shows no change writes nothing', async () => {
  const before = await writes();
  for (let times = 0; times < 5; times += 1) {
    await query();
  }
  expect(await writes()).toBe(before);
  expect(fixture.calls('query')).toHaveLength(5);
});

test('of many queries that show the same change one writes it', async () => {
  await fixture.user('confirm', outOrderNo);
  await Promise.all(Array.from({ length: 10 }, query));
  await expect.poll(eventsOf).toEqual(['CREATED MUTATION', 'USER_ACCEPTED QUERY']);
  const before = await writes();
  await Promise.all(Array.from({ length: 10 }, query));
  expect(await writes()).toBe(before);
});

test('a query of an order that WeChat Pay does not know writes nothing', async () => {
  const before = await writes();
  outOrderNo = newOutOrderNo();
  expect(await query()).toEqual({ data: { payAfterOrder: null } });
  expect(await writes()).toBe(before);
});
