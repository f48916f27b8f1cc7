import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { at, type JsonObject, listAt } from '../../fixtures/json.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const START = Date.parse('2026-11-23T09:00:00Z');
let now = START;
let clientFixture: AppWithClient;
/** The numbers of 45 orders, oldest first; three at a time became known in the same moment. */
const NUMBERS = Array.from({ length: 45 }, (_, index) => `P${String(index).padStart(2, '0')}`);

beforeAll(async () => {
  clientFixture = await createAppWithClient({ wechat: notificationOptions(), now: () => now });
  for (const [index, outOrderNo] of NUMBERS.entries()) {
    now = START + Math.floor(index / 3) * 60_000;
    await clientFixture.see({
      outOrderNo,
      state: index % 2 === 0 ? 'CREATED' : 'USER_ACCEPTED',
      serviceId: index < 40 ? '500001' : '500002',
    });
  }
});
beforeEach(() => {
  now = START + 3_600_000;
});
afterAll(() => clientFixture.close());

const LIST = `query ($filter: OrderRecordFilter, $first: Int, $after: String) {
  orderRecords(filter: $filter, first: $first, after: $after) {
    edges { cursor node { outOrderNo createdAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

const list = async (variables: JsonObject) => {
  const answer = await clientFixture.run(LIST, variables);
  return at(answer, 'data', 'orderRecords') ?? answer;
};
const numbersOf = (page: unknown) =>
  listAt(page, 'edges').map((edge) => at(edge, 'node', 'outOrderNo'));
const found = async (filter: JsonObject) => numbersOf(await list({ filter, first: 100 }));
const newestFirst = (wanted: (index: number) => boolean) =>
  NUMBERS.filter((_, index) => wanted(index)).reverse();

test('orders are sorted newest first, 20 by default', async () => {
  expect(numbersOf(await list({ first: 100 }))).toEqual([...NUMBERS].reverse());
  expect(numbersOf(await list({}))).toHaveLength(20);
});

test('paging through 45 orders by tens returns each order once and in sequence', async () => {
  const seen: unknown[] = [];
  const pages: unknown[] = [];
  let after: unknown = null;
  do {
    const page = await list({ first: 10, after });
    const cursors = listAt(page, 'edges').map((edge) => at(edge, 'cursor'));
    expect(at(page, 'pageInfo')).toEqual({
      hasNextPage: pages.length < 4,
      hasPreviousPage: pages.length > 0,
      startCursor: cursors[0],
      endCursor: cursors.at(-1),
    });
    seen.push(...numbersOf(page));
    pages.push(page);
    after = at(page, 'pageInfo', 'hasNextPage') ? at(page, 'pageInfo', 'endCursor') : null;
  } while (after !== null);
  expect(pages).toHaveLength(5);
  expect(seen).toEqual([...NUMBERS].reverse());
});

test('a page after the last order is empty', async () => {
  const after = at(await list({ first: 100 }), 'pageInfo', 'endCursor');
  expect(await list({ after })).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
  });
});

test('an order that arrives during paging does not shift the pages', async () => {
  const first = await list({ first: 10, filter: { statuses: ['PAID', 'CREATED'] } });
  await clientFixture.see({ outOrderNo: 'Z', state: 'USER_PAID' });
  const after = at(first, 'pageInfo', 'endCursor');
  const second = await list({ first: 10, after, filter: { statuses: ['PAID', 'CREATED'] } });
  const created = newestFirst((index) => index % 2 === 0);
  expect([...numbersOf(first), ...numbersOf(second)]).toEqual(created.slice(0, 20));
});

test('a filter by statuses matches any of them', async () => {
  expect(await found({ statuses: ['ACCEPTED'] })).toEqual(newestFirst((index) => index % 2 > 0));
  expect(await found({ statuses: ['ACCEPTED', 'CREATED'] })).toHaveLength(45);
  expect(await found({ statuses: ['EXPIRED', 'UNKNOWN'] })).toEqual([]);
});

test('a filter by serviceId matches its orders', async () => {
  expect(await found({ serviceId: '500002' })).toEqual(newestFirst((index) => index >= 40));
  expect(await found({ serviceId: '5' })).toEqual([]);
});

test('createdFrom is inclusive, createdBefore is not, and offsets count', async () => {
  const minutes = (count: number) => new Date(START + count * 60_000).toISOString();
  expect(await found({ createdFrom: minutes(2), createdBefore: minutes(4) })).toEqual(
    newestFirst((index) => index >= 6 && index < 12),
  );
  expect(await found({ createdBefore: '2026-11-23T17:01:00+08:00' })).toEqual(
    newestFirst((index) => index < 3),
  );
  const all = { statuses: ['ACCEPTED'], serviceId: '500002', createdFrom: minutes(14) };
  expect(await found(all)).toEqual(newestFirst((index) => index >= 42 && index % 2 > 0));
});

test('a DateTime is accepted as a literal and as a variable, and returned in UTC', async () => {
  const answer = await clientFixture.run(
    `{ orderRecords(filter: { createdBefore: "2026-11-23T10:00:00.5+01:00" }, first: 1) {
      edges { node { createdAt observedAt } } } }`,
  );
  const node = { createdAt: '2026-11-23T09:00:00.000Z', observedAt: '2026-11-23T09:00:00.000Z' };
  expect(answer).toEqual({ data: { orderRecords: { edges: [{ node }] } } });
});

const refusal = [{ extensions: { code: 'BAD_USER_INPUT' } }];

test.each(['2026-11-23', '2026-11-23T09:00:00', '2026-13-01T00:00:00Z', 'yesterday', 1, true])(
  'the DateTime %j is BAD_USER_INPUT',
  async (createdFrom) => {
    const answer = await list({ filter: { createdFrom } });
    expect(at(answer, 'errors')).toMatchObject(refusal);
    expect(JSON.stringify(answer)).not.toContain('yesterday');
  },
);

test.each([0, -1, 101, 2_147_483_647])('first: %s is BAD_USER_INPUT', async (first) => {
  expect(at(await list({ first }), 'errors')).toMatchObject(refusal);
});

const NUL_CURSOR = Buffer.from('c1 PAY_AFTER N\0').toString('base64url');

test.each(['', 'x', '0', '!!!', 'MTc2Mzg4ODQwMDAwMA', 'eCBQMDE', "' or 1=1 --", NUL_CURSOR])(
  'the cursor %j is BAD_USER_INPUT',
  async (after) => {
    expect(at(await list({ after }), 'errors')).toMatchObject(refusal);
  },
);

test.each([1, 100])('first: %s is accepted', async (first) => {
  expect(numbersOf(await list({ first }))).toHaveLength(Math.min(first, 46));
});

test('each record pages through its own events, oldest first', async () => {
  for (const state of ['CREATED', 'USER_ACCEPTED', 'FINISHED', 'USER_PAID']) {
    await clientFixture.see({ outOrderNo: 'E', state, source: 'RECONCILER' });
  }
  await clientFixture.see({ outOrderNo: 'F' });
  const query = `query ($first: Int, $after: String) { orderRecords(first: 5) { edges { node {
    outOrderNo status lastEventCursor events(first: $first, after: $after) {
      edges { node { cursor status previousStatus source } } pageInfo { hasNextPage endCursor } } } } } }`;
  const eventsOf = async (variables: JsonObject) => {
    const edges = listAt(
      await clientFixture.run(query, variables),
      'data',
      'orderRecords',
      'edges',
    );
    return at(
      edges.find((edge) => at(edge, 'node', 'outOrderNo') === 'E'),
      'node',
    );
  };
  const first = await eventsOf({ first: 3 });
  const states = (node: unknown) =>
    listAt(node, 'events', 'edges').map(
      (edge) => `${at(edge, 'node', 'previousStatus')} ${at(edge, 'node', 'status')}`,
    );
  expect(states(first)).toEqual(['null CREATED', 'CREATED ACCEPTED', 'ACCEPTED COMPLETED']);
  expect(at(first, 'events', 'pageInfo', 'hasNextPage')).toBe(true);
  const rest = await eventsOf({ after: at(first, 'events', 'pageInfo', 'endCursor') });
  expect(states(rest)).toEqual(['COMPLETED PAID']);
  expect(at(rest, 'events', 'pageInfo', 'hasNextPage')).toBe(false);
  expect(at(rest, 'lastEventCursor')).toBe(at(rest, 'events', 'edges', 0, 'node', 'cursor'));
  for (const variables of [{ first: 0 }, { first: 101 }, { after: 'x' }, { after: '' }]) {
    expect(at(await clientFixture.run(query, variables), 'errors', 0)).toMatchObject(
      refusal[0] ?? {},
    );
  }
});

test('a NUL in serviceId or outOrderNo is refused with every database', async () => {
  const list =
    'query ($id: String!) { orderRecords(filter: { serviceId: $id }) { pageInfo { hasNextPage } } }';
  expect(JSON.stringify(await clientFixture.run(list, { id: 'S\0' }))).toContain('BAD_USER_INPUT');
});
