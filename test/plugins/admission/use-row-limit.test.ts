import { StatementSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppParts } from '../../../src/app.ts';
import { ANYONE } from '../../../src/auth/caller.ts';
import { createRateLimit, NO_RATE_LIMIT } from '../../../src/auth/rate-limit.ts';
import type { JobName } from '../../../src/ledger/jobs/jobs.ts';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe } from '../../fixtures/http/sse.ts';
import { graphqlWs } from '../../fixtures/http/websocket.ts';
import { at, type JsonObject, listAt } from '../../fixtures/json.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const ONE = { perSecond: 1, burst: 1 };

const ORDERS = Array.from({ length: 100 }, (_, index) => `P${index}`);
const aliased = (page: string) =>
  `{ ${['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: ${page}`).join(' ')} }`;
const EVENTS = 'edges { node { outOrderNo events(first: 100) { edges { node { id } } } } }';
const PAGES = `query ($orders: Int, $events: Int) { orderRecords(first: $orders) {
  edges { node { outOrderNo events(first: $events) { edges { node { id } } } } } } }`;

const jobs: JobName[] = [];
const charged: number[] = [];
let fixture: AppWithClient;
let port: Port;

const open = (parts: Partial<AppParts> = {}) =>
  createAppWithClient({
    wechat: notificationOptions(),
    engine: (real) => ({
      ...real,
      run: (name, input, options) => {
        // The event bus reads the log once a second.
        if (name !== 'eventsAfter') {
          jobs.push(name);
        }
        return real.run(name, input, options);
      },
    }),
    resources: {
      rateLimit: { ...NO_RATE_LIMIT, charge: (_, calls = 1) => charged.push(calls) },
      ...parts,
    },
  });

describe('the rows of an operation', () => {
  beforeAll(async () => {
    fixture = await open();
    port = await serve(fixture);
    for (const outOrderNo of ORDERS) {
      await fixture.see({ outOrderNo, state: 'CREATED' });
      await fixture.see({ outOrderNo, state: 'USER_ACCEPTED' });
    }
  });
  beforeEach(async () => {
    await fixture.ledger.idle();
    jobs.length = 0;
    charged.length = 0;
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    await port.stop();
    await fixture.close();
  });

  const refusal = {
    message: expect.stringMatching(/up to 50500 rows.*at most 1000 .*smaller pages \(first\)/),
    extensions: { code: 'BAD_USER_INPUT' },
  };

  test('an operation that requests too many rows is refused before anything is read', async () => {
    const query = aliased(`orderRecords(first: 100) { ${EVENTS} }`);
    const response = await fixture.app.fetch(
      graphqlRequest({ query }, { accept: 'application/graphql-response+json' }),
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: [refusal] });
    expect(jobs).toEqual([]);
    expect(charged).toEqual([]);
  });

  test('over SSE and WebSocket too many rows are refused with the same error', async () => {
    const query = aliased(`orderRecords(first: 100) { ${EVENTS} }`);
    const stream = await subscribe(fixture, {}, query);
    expect(await stream.next()).toMatchObject({ data: { errors: [refusal] } });
    await stream.leave();
    const client = graphqlWs(port.webSocketUrl);
    const results = client.subscribe({}, query);
    expect((await results.next()).value).toMatchObject({ errors: [refusal] });
    await client.dispose();
    expect(jobs).toEqual([]);
  });

  test.each([
    [{ orders: 100, events: 100 }, 10_100],
    [{ orders: 100 }, 2_100],
    [{ events: 50 }, 1_020],
    [{ orders: 100, events: 10 }, 1_100],
  ])('the pages of %j are %i rows, and too many', async (variables, rows) => {
    const answer = await fixture.run(PAGES, variables);
    expect(at(answer, 'errors', 0, 'message')).toContain(`up to ${rows} rows`);
    expect(jobs).toEqual([]);
  });

  test.each<[JsonObject, number[]]>([
    [{ orders: 100, events: 9 }, [9]],
    [{}, [4]],
    [{ orders: 10, events: 9 }, []],
    [{ orders: 10, events: 10 }, [1]],
  ])('the pages of %j are charged with %j further calls', async (variables, calls) => {
    const answer = await fixture.run(PAGES, variables);
    const orders = variables['orders'] ?? 20;
    expect(listAt(answer, 'data', 'orderRecords', 'edges')).toHaveLength(Number(orders));
    expect(charged).toEqual(calls);
  });

  test('a page of 100 orders with their events takes two jobs and two statements', async () => {
    const statements = vi.spyOn(StatementSync.prototype, 'all');
    const answer = await fixture.run(PAGES, { orders: 100, events: 5 });
    const edges = listAt(answer, 'data', 'orderRecords', 'edges');
    expect(edges.map((edge) => listAt(edge, 'node', 'events', 'edges').length)).toEqual(
      ORDERS.map(() => 2),
    );
    expect(jobs).toEqual(['listOrders', 'listEvents']);
    const texts = statements.mock.contexts.map((one) => String(at(one, 'sourceSQL')));
    const ofPages = texts.filter((text) => !text.includes('left join'));
    expect(ofPages).toEqual([
      expect.stringContaining('from "orders"'),
      expect.stringContaining('wanted'),
    ]);
  });

  test('the events of several pages of orders are read by one job', async () => {
    const query = `{
      a: orderRecords(first: 90) { ...Events }
      b: orderRecords(first: 30) { edges { node { events(first: 2) { edges { node { id } } } } } } }
      fragment Events on OrderRecordConnection {
        edges { node { events(first: 1) { edges { node { id } } } } } }`;
    const answer = await fixture.run(query);
    expect(listAt(answer, 'data', 'b', 'edges')).toHaveLength(30);
    expect(jobs).toEqual(['listOrders', 'listOrders', 'listEvents']);
  });

  test('rows are counted for each use of a fragment, and only for the executed operation', async () => {
    const query = `query Large { a: orderRecords(first: 100) { ...Events } }
      query Small { b: orderRecords(first: 1) { ...Events } }
      query None { __typename }
      fragment Events on OrderRecordConnection { ${EVENTS} }`;
    const answers = await Promise.all(
      ['Large', 'Small', 'None'].map(async (operationName) => {
        const request = graphqlRequest({ query, operationName });
        return await (await fixture.app.fetch(request)).json();
      }),
    );
    expect(at(answers[0], 'errors', 0, 'message')).toContain('up to 10100 rows');
    expect(listAt(answers[1], 'data', 'b', 'edges')).toHaveLength(1);
    expect(answers[2]).toEqual({ data: { __typename: 'Query' } });
    expect(charged).toEqual([1]);
  });

  test('a subscription may ask for fewer rows, because it reads them for each event', async () => {
    const of = (
      first: number,
    ) => `subscription { orderEvents(outOrderNo: "P1", after: "0") { order {
      events(first: ${first}) { nodes { cursor } } } } }`;
    const refused = await subscribe(fixture, {}, of(100));
    expect(await refused.next()).toMatchObject({
      data: { errors: [{ message: expect.stringMatching(/up to 101 rows.*at most 100 /) }] },
    });
    await refused.leave();
    const open = await subscribe(fixture, {}, of(99));
    const whole = { order: { events: { nodes: [{}, {}] } } };
    expect(await open.nextEvent()).toMatchObject(whole);
    expect(await open.nextEvent()).toMatchObject(whole);
    await open.leave();
  });

  test('a count costs as much again as its page, and is made once; a record of an order is a row', async () => {
    const query = `{ orderRecords(first: 100) { totalCount again: totalCount nodes { outOrderNo } }
      orderRecord(outOrderNo: "P1") { status } }`;
    expect(await fixture.run(query)).toMatchObject({
      data: { orderRecords: { totalCount: 100, again: 100 }, orderRecord: { status: 'ACCEPTED' } },
    });
    expect(charged).toEqual([3]);
    expect(jobs.toSorted()).toEqual(['countOrders', 'findRecords', 'listOrders']);
  });

  test('the rows of a page that a directive leaves out are not counted', async () => {
    const query = `query ($with: Boolean = false) { orderRecords(first: 100) { edges { node {
      outOrderNo events(first: 100) @include(if: $with) { edges { node { id } } } } } } }`;
    const without = await fixture.run(query);
    expect(listAt(without, 'data', 'orderRecords', 'edges')).toHaveLength(100);
    expect(jobs).toEqual(['listOrders']);
    expect(at(await fixture.run(query, { with: true }), 'errors', 0, 'message')).toContain(
      'up to 10100 rows',
    );
  });

  test('rows are counted although another argument, or another operation, cannot be executed', async () => {
    const query = `query A ($status: OrderStatus = CREATED) {
        a: orderRecords(filter: { statuses: [$status] }) { edges { cursor } }
        b: orderRecords(first: 100) { ...Page } }
      query B ($b: Boolean!) { b: orderRecords(first: 100) { ...Page ...OfB } }
      fragment OfB on OrderRecordConnection { pageInfo @include(if: $b) { hasNextPage } }
      fragment Page on OrderRecordConnection { ${EVENTS} }`;
    const ask = async (variables: JsonObject) => {
      const request = graphqlRequest({ query, operationName: 'A', variables });
      const answer: unknown = await (await fixture.app.fetch(request)).json();
      return String(at(answer, 'errors', 0, 'message'));
    };
    expect(await ask({})).toContain('up to 10120 rows');
    expect(await ask({ status: null })).toContain('not to be null');
    expect(jobs).toEqual([]);
  });

  test.each([0, -1, 101, 2_147_483_647])(
    'an invalid page size %i is refused as such, and not as too many rows',
    async (events) => {
      const answer = await fixture.run(PAGES, { orders: 1, events });
      expect(at(answer, 'errors', 0, 'message')).toBe('first must be from 1 to 100.');
    },
  );

  test.each(['__proto__', 'constructor', 'toString'])(
    'a variable $%s is refused: the executor would read something else than was counted',
    async (name) => {
      const document = `query ($${name}: Int) { orderRecords(first: 100) { nodes { events(first: $${name}) { nodes { id } } } } }`;
      const body = `{"query":${JSON.stringify(document)},"variables":{"${name}":1}}`;
      for (const text of [body, JSON.stringify({ query: document })]) {
        const response = await fixture.app.fetch(
          new Request('http://app/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: text,
          }),
        );
        expect(await response.json()).toMatchObject({
          errors: [
            {
              message: expect.stringContaining('Invalid name of a variable'),
              extensions: { code: 'BAD_USER_INPUT' },
            },
          ],
        });
      }
      expect(jobs).toEqual([]);
    },
  );

  test('variables of the wrong type are refused as such, without a further charge', async () => {
    const answer = await fixture.run(PAGES, { orders: 'many', events: {} });
    expect(listAt(answer, 'errors')).toHaveLength(2);
    expect(charged).toEqual([]);
  });
});

test('a page whose scope the caller lacks is refused once, and of the list around it nothing is read', async () => {
  const authenticator = knowing({ reader: caller(['orders:read', 'orders:any']) });
  const own = await open({ authenticator });
  jobs.length = 0;
  for (const events of ['events(first: 1)', 'events(first: 1) @include(if: true)']) {
    const query = `{ orderRecords(first: 100) { edges { node { ${events} { edges { cursor } } } } } }`;
    const response = await own.app.fetch(graphqlRequest({ query }, as('reader')));
    expect(await response.json()).toEqual({
      errors: [{ message: 'Missing scope: events:read.', extensions: { code: 'FORBIDDEN' } }],
    });
  }
  expect(jobs).toEqual([]);
  await own.close();
});

test('a charge delays the next operation', () => {
  const limit = createRateLimit(ONE, ONE);
  expect(limit.admit(ANYONE)).toBe(0);
  limit.charge(ANYONE, 9);
  expect(limit.admit(ANYONE)).toBe(10);
});
