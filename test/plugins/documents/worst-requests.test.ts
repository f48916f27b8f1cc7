import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest } from '../../fixtures/app/test-app.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import { openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';

/** On a machine that does nothing else it is at most a tenth. */
const MOST_CPU_MS = 500;
const MOST_ANSWER = 64 * 1024;

let ledger: TestLedger;
let app: ReturnType<typeof createTestApp>;
beforeAll(async () => {
  ledger = await openTestLedger();
  const authenticator = knowing({
    everything: caller(['orders:create', 'orders:read', 'events:read', 'orders:any']),
    noEvents: caller(['orders:read', 'orders:any']),
  });
  app = createTestApp({ ledger, authenticator });
  for (let order = 0; order < 100; order += 1) {
    await see(ledger, { outOrderNo: `N${order}` });
  }
  await cost(PAGES.replaceAll('FIRST', '1'));
  await cost(create({ fees: [{ feeName: '' }] }));
});
afterAll(async () => {
  await app.dispose();
  await ledger.close();
});

const many = <T>(count: number, each: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => each(index));
const text = (count: number, each: (index: number) => string) => many(count, each).join(' ');
const query = (document: string, variables?: object) =>
  JSON.stringify({ query: document, variables });

const PAGE = 'orderRecords(first: 100) { edges { node { events(FIRST) { edges { cursor } } } } }';
const PAGES = query(`${'\n'.repeat(998)} { ${text(5, (index) => `a${index}: ${PAGE}`)} }`);
const CREATE = `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
  ... on InvalidInputError { message issues { path code message } } } }`;
const ORDER = {
  outOrderNo: 'A1',
  serviceStartTime: 'OnAccept',
  serviceStartLocation: 'x',
  serviceIntroduction: 'y',
  riskAmount: 100,
};
const create = (changes: object) => query(CREATE, { input: { ...ORDER, ...changes } });
const STATES = `query ($states: [OrderStatus!]) {
  orderRecords(filter: { statuses: $states }) { pageInfo { hasNextPage } } }`;
const deep = (open: string, close: string, depth: number) =>
  create({ fees: 0 }).replace('"fees":0', `"fees":${open.repeat(depth)}1${close.repeat(depth)}`);

/** CPU time of this thread, in ms, and the length of the answer. */
async function cost(body: string, who = 'everything') {
  const before = process.threadCpuUsage();
  const response = await app.fetch(graphqlRequest(body, as(who)));
  const { length } = await response.text();
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1_000, length };
}

test.each<[string, string, string?]>([
  ['line feeds before errors in every row', PAGES.replaceAll('FIRST', 'first: 0')],
  ['cursors that are none in every row', PAGES.replaceAll('FIRST', 'first: 1, after: \\"x\\"')],
  ['a missing scope in every row', PAGES.replaceAll('FIRST', 'first: 1'), 'noEvents'],
  [
    'a missing scope in every row, under a condition',
    PAGES.replaceAll('events(FIRST)', 'events @include(if: true)'),
    'noEvents',
  ],
  ['30,000 line feeds', query(`${'\n'.repeat(30_000)}{ a }`)],
  ['3,900 fees with issues', create({ fees: many(3_900, () => ({ feeName: '' })) })],
  ['500 fees with issues', create({ fees: many(500, () => ({ feeName: '' })) })],
  ['3,700 fees with one name', create({ fees: many(3_700, () => ({ feeName: 'a' })) })],
  ['30,000 fees of a wrong type', create({ fees: many(29_000, () => 1) })],
  ['12,000 fees that are null', create({ fees: many(12_000, () => null) })],
  [
    '4,000 unknown fields',
    create(Object.fromEntries(many(4_000, (index) => [`unknown${index}`, 1]))),
  ],
  ['15,000 unknown states', query(STATES, { states: many(15_000, () => 'X') })],
  ['lists in lists', deep('[', ']', 28_000)],
  ['objects in objects', deep('[{"feeName":', '}]', 4_000)],
  ['a long time', create({ serviceStartTime: `2026-01-01T00:00:00.${'0'.repeat(60_000)}` })],
  ['a long text', create({ attach: '字'.repeat(20_000) })],
  ['a large number', create({ riskAmount: 0 }).replace(':0', `:${'9'.repeat(60_000)}`)],
  ['a large literal', query(`{ orderRecords(first: ${'9'.repeat(16_000)}) { edges { cursor } } }`)],
  ['many aliases', query(`{ ${text(300, (index) => `a${index}: __typename`)} }`)],
  ['many directives', query(`{ __typename ${text(130, () => '@skip(if: false)')} }`)],
  ['many operations of one name', query(text(190, () => 'query Q { __typename }'))],
  [
    'fragments that double each other',
    query(
      `{ ...F0 } ${text(70, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F70 on Query { __typename }`,
    ),
  ],
  [
    'fragments with conflicts',
    query(
      `{ ${text(40, (index) => `...F${index}`)} } ${text(40, (index) => `fragment F${index} on Query { a: orderRecords(first: ${index}) { edges { cursor } } }`)}`,
    ),
  ],
  ['many variables', query(`query (${text(240, (index) => `$v${index}: Int`)}) { __typename }`)],
  ['a batch', JSON.stringify(many(1_000, () => ({ query: '{ __typename }' })))],
  [
    'a long hash',
    JSON.stringify({ extensions: { persistedQuery: { sha256Hash: 'a'.repeat(60_000) } } }),
  ],
])('no request takes the event loop for long, or gets a long answer: %s', async (_, body, who) => {
  const { ms, length } = await cost(body, who);
  expect(ms).toBeLessThan(MOST_CPU_MS);
  expect(length).toBeLessThan(MOST_ANSWER);
});
