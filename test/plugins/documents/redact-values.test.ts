import { expect, test } from 'vitest';
import { MOST_ELEMENTS } from '../../../src/plugins/documents/use-safe-errors.ts';
import {
  answerTo,
  by,
  code,
  complete,
  events,
  input,
  NAME,
  NUMBER,
  records,
  SECRET,
  userState,
} from '../../fixtures/app/secrets.ts';
import { createTestApp, graphqlRequest, run, stubWechat } from '../../fixtures/app/test-app.ts';
import { CREATE, QUERY } from '../../fixtures/graphql/documents.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';

test.each<[string, unknown]>([
  ['an unended string', userState(`"${SECRET}) { appid } }`)],
  ['a string that a quote cut in two', userState(`"Li "${NAME}" x"`)],
  ['a string that a quote ended early', userState(`"Li" ${NAME}: 1 }`)],
  ['a bare number', `{ ${NUMBER} }`],
  ['a number with letters', userState(`${NUMBER}x`)],
  ['a bad escape', userState(`"\\${NAME}"`)],
  ['a bad unicode escape', userState(`"\\u{${NUMBER}}"`)],
  ['a block string after the end', `{ __typename } """${SECRET}"""`],
  ['a secret as the whole document', SECRET],
])('a syntax error by %s gives the location without the text', async (_, query) => {
  const answer = await answerTo({ query });
  expect(code(answer)).toBe('GRAPHQL_PARSE_FAILED');
  expect(at(answer, 'errors', 0, 'locations')).toMatchObject([{ line: 1 }]);
});

test('a syntax error still says what was expected', async () => {
  const answer = await answerTo({ query: '{ userServiceState(openid secret) }' });
  expect(at(answer, 'errors', 0, 'message')).toBe('Syntax Error: Expected ":", found Name.');
});

test.each<[string, string]>([
  [
    'a string for a boolean',
    `mutation { createPayAfterOrder(input: { needUserConfirm: "${SECRET}" }) { __typename } }`,
  ],
  [
    'a string for an amount',
    `mutation { createPayAfterOrder(input: { riskAmount: "${SECRET}" }) { __typename } }`,
  ],
  ['a number for a string', userState(NUMBER)],
  ['a list for a string', userState(`["${SECRET}"]`)],
  ['an object for a string', userState(`{ name: "${SECRET}" }`)],
  ['a string for an input object', `{ payAfterOrder(by: "${SECRET}") { state } }`],
  ['a list for an input object', `{ payAfterOrder(by: [["${SECRET}"]]) { state } }`],
  ['unknown input fields', `{ payAfterOrder(by: { outOrderNo: "1", x: "${SECRET}" }) { state } }`],
  [
    'two keys of an order',
    `{ payAfterOrder(by: { outOrderNo: "${SECRET}", queryId: "2" }) { state } }`,
  ],
  ['an argument that is not there', `{ payAfterOrder(name: "${SECRET}") { state } }`],
  ['a string for a directive', `{ __typename @include(if: "${SECRET}") }`],
  ['a default of the wrong type', `query ($x: Int = "${SECRET}") { __typename }`],
  ['a string for an enum', `query ($x: PayAfterFinishTypeInput = "${SECRET}") { __typename }`],
  [
    'a string for a sync type',
    `mutation { syncPayAfterOrder(input: { type: "${SECRET}" }) { __typename } }`,
  ],
  ['a name for a state', `{ orderRecords(filter: { statuses: [${NAME}] }) { __typename } }`],
  [
    'a string for a moment',
    `{ orderRecords(filter: { createdFrom: "${SECRET}" }) { __typename } }`,
  ],
  ['an object for a cursor', `subscription { orderEvents(after: { x: "${SECRET}" }) { id } }`],
  ['a number too large for an Int', `query ($x: Int = ${NUMBER}) { __typename }`],
])('a validation error by %s does not quote it', async (_, query) => {
  expect(code(await answerTo({ query }))).toMatch(/^(GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT)$/);
});

test.each<[string, unknown, RegExp]>([
  ['a string for an amount', input({ riskAmount: SECRET }), /^\$input\.riskAmount: /],
  ['a number for a string', input({ name: 13_800_138_000 }), /^\$input\.name: /],
  ['an object for a string', input({ phone: { value: SECRET } }), /^\$input\.phone: /],
  ['a list for a string', input({ phone: [SECRET] }), /^\$input\.phone: /],
  ['a string for a boolean', input({ needUserConfirm: SECRET }), /^\$input\.needUserConfirm: /],
  ['a string for a fee', input({ fees: [SECRET] }), /^\$input\.fees\.0: /],
  ['a float for a count', input({ fees: [{ feeName: 'a', feeCount: 13800138000.5 }] }), /feeCount/],
  ['an unknown field that is no name', input({ [SECRET]: 1 }), /not to include unknown fields\.$/],
  ['an unknown field of a secret value', input({ x: SECRET }), /unknown field "x"\.$/],
  ['a missing field beside a secret', input({ outOrderNo: undefined, name: SECRET }), /outOrderNo/],
  ['a string for the input', { query: CREATE, variables: { input: SECRET } }, /^\$input: /],
  ['two keys of an order', by({ outOrderNo: SECRET, queryId: SECRET }), /exactly one/],
  ['no key of an order', by({}), /exactly one/],
  ['a null key of an order', by({ outOrderNo: null }), /exactly one/],
  ['a null key beside another', by({ outOrderNo: null, queryId: SECRET }), /exactly one/],
  ['an unknown key of an order', by({ number: SECRET }), /unknown field "number"\.$/],
  ['a string for an end', complete({ finishType: SECRET }), /^\$input\.finishType: /],
  ['a string for a total', complete({ totalAmount: SECRET }), /^\$input\.totalAmount: /],
  ['a list for a time', complete({ realServiceEndTime: [SECRET] }), /realServiceEndTime: /],
  [
    'a string for a status',
    records({ filter: { statuses: [SECRET] } }),
    /^\$filter\.statuses\.0: /,
  ],
  ['a string for a moment', records({ filter: { createdFrom: SECRET } }), /createdFrom: /],
  ['a string for a size', records({ first: SECRET }), /^\$first: /],
  ['no variables', { query: QUERY }, /^\$by: Expected/],
  ['null for what may not be', by(null), /not to be null/],
])('a variable error by %s names the variable, not the value', async (_, body, message) => {
  const answer = await answerTo(body);
  expect(code(answer)).toBe('BAD_USER_INPUT');
  expect(at(answer, 'data')).toBeUndefined();
  expect(at(answer, 'errors', 0, 'message')).toMatch(message);
});

test.each([
  ['outOrderNumber', '$input: Expected value of type "CreatePayAfterOrderInput" not to include'],
  ['riskamount', '$input: Expected value of type "CreatePayAfterOrderInput" not to include'],
])('a misspelt field in variables is named: %s', async (name, begin) => {
  const answer = await answerTo(input({ [name]: SECRET }));
  expect(at(answer, 'errors', 0, 'message')).toBe(`${begin} unknown field "${name}".`);
});

test('a misspelt field in the document is named, with its place and what was meant', async () => {
  const query = `{ orders: orderRecords(filter: { createdfrom: "${SECRET}" }) { __typename } }`;
  expect(at(await answerTo({ query }), 'errors')).toEqual([
    {
      message:
        'filter.createdfrom: Expected value of type "OrderRecordFilter" not to include unknown field "createdfrom". Did you mean "createdFrom" or "createdBefore"?',
      locations: [{ line: 1, column: 34 }],
      path: ['orders'],
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    },
  ]);
});

test('a text that looks like an unknown field is still a value', async () => {
  const text = `${SECRET} not to include unknown field \\"x\\", found: `;
  const answer = await answerTo({ query: `{ payAfterOrder(by: "${text}") { state } }` });
  expect(at(answer, 'errors', 0, 'message')).toBe(
    'by: Expected value of type "PayAfterOrderKey" to be an object.',
  );
});

test.each([
  ['{ orderRecords(filter: { createdFrom: "x" }) { __typename } }', 'filter.createdFrom', 39],
  ['{ orderRecords(filter: { createdFrom: 5 }) { __typename } }', 'filter.createdFrom', 39],
  ['{ orderRecords(filter: { statuses: [CREATED, X] }) { __typename } }', 'filter.statuses.1', 46],
  ['{ orderRecords(first: "x") { __typename } }', 'first', 23],
])(
  'a literal of the wrong type has its place and its argument: %s',
  async (query, path, column) => {
    expect(at(await answerTo({ query }), 'errors', 0)).toMatchObject({
      message: expect.stringMatching(new RegExp(`^${path.replaceAll('.', '[.]')}: [A-Z].*[.]$`)),
      locations: [{ line: 1, column }],
      path: ['orderRecords'],
    });
  },
);

test('a literal in a fragment and the default of a variable have a place and no path', async () => {
  const fragment = 'query { ...F } fragment F on Query { orderRecords(first: "x") { __typename } }';
  const inFragment = at(await answerTo({ query: fragment }), 'errors', 0);
  expect(inFragment).toMatchObject({ locations: [{ line: 1, column: 58 }] });
  expect(inFragment).not.toHaveProperty('path');
  const query =
    'query ($t: DateTime = "x") { orderRecords(filter: { createdFrom: $t }) { __typename } }';
  expect(at(await answerTo({ query }), 'errors', 0)).toEqual({
    message: '$t: Invalid DateTime: use RFC 3339, e.g. 2026-11-23T09:00:00Z.',
    locations: [{ line: 1, column: 23 }],
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test.each<[string, unknown]>([
  ['broken JSON', `{"query": "{ __typename }", "variables": {"name": "${SECRET}"`],
  ['a bare word for JSON', NAME],
  ['a string for an object', JSON.stringify(SECRET)],
  ['a number for an object', NUMBER],
  ['an unknown operation name', { query: 'query A { __typename }', operationName: NAME }],
  ['no operation name among several', { query: 'query A { __typename } query B { __typename }' }],
  ['an operation name of the wrong type', { query: '{ __typename }', operationName: [SECRET] }],
  ['variables of the wrong type', { query: '{ __typename }', variables: SECRET }],
  ['variables in a list', { query: '{ __typename }', variables: [SECRET] }],
  ['extensions of the wrong type', { query: '{ __typename }', extensions: SECRET }],
  ['a query of the wrong type', { query: [SECRET] }],
  ['no query', { name: SECRET }],
  ['an unknown parameter', { query: '{ __typename }', [NAME]: SECRET }],
  ['a document without an operation', { query: `fragment F on Query { __typename }` }],
])('a request with %s is refused without quoting it', async (_, body) => {
  const answer = await answerTo(body);
  expect(code(answer)).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
});

test.each<[string, unknown, RegExp]>([
  ['of orders', records({ after: SECRET }), /^Invalid cursor: use one/],
  [
    'of orders in Base64',
    records({ after: Buffer.from(SECRET).toString('base64url') }),
    /^Invalid cursor/,
  ],
  ['of events', events(SECRET), /^Invalid `after`/],
  ['of events that is a number', events(NUMBER), /^Invalid `after`: use the cursor of an event/],
])('an invalid cursor %s is refused without quoting it', async (_, body, message) => {
  const answer = await answerTo(body);
  expect(code(answer)).toBe('BAD_USER_INPUT');
  expect(at(answer, 'errors', 0, 'message')).toMatch(message);
});

test('only the variables of the executed operation are reported', async () => {
  const query = `query A($a: String!) { userServiceState(openid: $a) { appid } }
    query B($b: Boolean!) { __typename @include(if: $b) }`;
  const answer = await answerTo({ query, operationName: 'B', variables: { b: SECRET } });
  expect(at(answer, 'errors')).toHaveLength(1);
  expect(at(answer, 'errors', 0, 'message')).toMatch(/^\$b: /);
});

test('at most fifty errors are reported', async () => {
  const answer = await answerTo(input({ fees: Array.from({ length: 400 }, () => SECRET) }));
  expect(at(answer, 'errors')).toHaveLength(50);
});

test('lists in variables that are too long together are one error, whatever is in them', async () => {
  const fees = (count: number) => Array.from({ length: count }, () => ({ feeName: SECRET }));
  const most = await answerTo(input({ fees: fees(MOST_ELEMENTS - 1), discounts: [{}] }));
  expect(at(most, 'errors', 0, 'message')).toMatch(/^\$input\.discounts\.0: /);
  const lists = { fees: fees(MOST_ELEMENTS - 1), discounts: [[]], nothing: [SECRET] };
  expect(at(await answerTo(input(lists)), 'errors')).toEqual([
    expect.objectContaining({
      message: `$input: The lists in the variables of an operation have at most ${MOST_ELEMENTS} elements together.`,
      extensions: { code: 'BAD_USER_INPUT' },
    }),
  ]);
});

test('a value that the schema does not allow is an error of the server', async () => {
  const wechat = stubWechat({
    queryPayAfterOrder: () => {
      const fees = [{ feeName: 'f', feeCount: 1.5, feeAmount: 2, feeDesc: null }];
      return Promise.resolve(payAfterOrder({ fees }));
    },
  });
  const failing = createTestApp({ wechat });
  const query = '{ payAfterOrder(by: { outOrderNo: "A" }) { fees { feeCount } } }';
  expect(await run(failing, query)).toMatchObject({
    errors: [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  expect(failing.log.entries()).toContainEqual(
    expect.objectContaining({ level: 'error', outcome: 'INTERNAL_SERVER_ERROR' }),
  );
});

test('a server error is masked, and logged without its data', async () => {
  const cause = Object.assign(new Error('deeper'), { phone: SECRET, body: SECRET, status: 500 });
  const failing = Object.assign(new Error('no such column'), {
    cause,
    variables: { name: SECRET },
  });
  const wechat = stubWechat({ queryPayAfterOrder: () => Promise.reject(failing) });
  const app = createTestApp({ wechat });
  const response = await app.fetch(graphqlRequest(by({ outOrderNo: '1' })));
  expect(await response.json()).toEqual({
    data: { payAfterOrder: null },
    errors: [
      {
        message: 'Unexpected error.',
        path: ['payAfterOrder'],
        locations: expect.any(Array),
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ],
  });
  expect(app.log.text()).not.toContain(SECRET);
  expect(app.log.text()).toContain('no such column');
  expect(app.log.text()).toContain('deeper');
});
