import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { SCOPES } from '../../../src/auth/caller.ts';
import { rememberedShapes } from '../../../src/plugins/documents/measure-document.ts';
import {
  documentCaches,
  documentProblems,
  useDocumentLimits,
} from '../../../src/plugins/documents/use-document-limits.ts';
import { useSafeErrors } from '../../../src/plugins/documents/use-safe-errors.ts';
import { schema } from '../../../src/schema/index.ts';
import { createTestApp, graphqlRequest, run, stubWechat } from '../../fixtures/app/test-app.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';

let calls = 0;
const app = createTestApp({
  wechat: stubWechat({
    queryPayAfterOrder: () => {
      calls += 1;
      return Promise.resolve(payAfterOrder());
    },
  }),
});

const order = (fields: string, alias = '') =>
  `${alias}payAfterOrder(by: { outOrderNo: "T1" }) { ${fields} }`;
const times = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index)).join(' ');
const page = (within: string) =>
  `{ orderRecords { edges { node { events { edges { node { ${within} } } } } } } }`;
const CREATE = 'createPayAfterOrder(input: $input) { __typename }';
const mutation = (fields: string) => `mutation ($input: CreatePayAfterOrderInput!) { ${fields} }`;

describe('a document is refused before anything is run where it has', () => {
  test.each([
    [
      'more than 8 levels of fields',
      page('id'),
      '{ orderRecords { edges { node { events { edges { node { id { a { b } } } } } } } } }',
    ],
    [
      'more than 10 aliases',
      `{ ${order(times(10, (index) => `a${index}: state`))} }`,
      `{ ${order(times(11, (index) => `a${index}: state`))} }`,
    ],
    [
      'more than 10 aliases once its fragments are spread',
      `{ ${order('...F')} ${order('...F', 'b: ')} } fragment F on PayAfterOrder { ${times(4, (index) => `a${index}: state`)} }`,
      `{ ${order('...F')} ${order('...F', 'b: ')} } fragment F on PayAfterOrder { ${times(5, (index) => `a${index}: state`)} }`,
    ],
    [
      'more than 10 directives',
      `{ ${order(times(10, () => 'state @include(if: true)'))} }`,
      `{ ${order(times(11, () => 'state @include(if: true)'))} }`,
    ],
    [
      'more than 5 root fields in a query',
      `{ ${times(5, (index) => order('state', `a${index}: `))} }`,
      `{ ${times(6, (index) => order('state', `a${index}: `))} }`,
    ],
    [
      'more than 5 root fields in a query, behind fragments',
      `{ ...F ... { ${times(2, (index) => order('state', `b${index}: `))} } } fragment F on Query { ${times(3, (index) => order('state', `a${index}: `))} }`,
      `{ ...F ... { ${times(3, (index) => order('state', `b${index}: `))} } } fragment F on Query { ${times(3, (index) => order('state', `a${index}: `))} }`,
    ],
  ])('%s', async (_, fits, exceeds) => {
    expect(at(await run(app, fits), 'errors')).toBeUndefined();
    calls = 0;
    const refused = await run(app, exceeds);
    expect(at(refused, 'errors', 0, 'extensions', 'code')).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(at(refused, 'errors', 0, 'message')).toMatch(/^The document is too large: at most/);
    expect(at(refused, 'data')).toBeUndefined();
    expect(calls).toBe(0);
  });

  test.each([
    ['twice', mutation(`a: ${CREATE} b: ${CREATE}`)],
    [
      'by fragments',
      `${mutation('...F ...G')} fragment F on Mutation { a: ${CREATE} } fragment G on Mutation { b: ${CREATE} }`,
    ],
    ['by inline fragments', mutation(`... { a: ${CREATE} } ... on Mutation { b: ${CREATE} }`)],
  ])('more than one root field in a mutation, %s', async (_, document) => {
    const refused = await run(app, document, { input: {} });
    expect(at(refused, 'errors', 0, 'message')).toContain('at most 1 root field in a mutation');
  });

  test('fragments in a circle, or doubling each other, at no great cost', async () => {
    const circle = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect(at(await run(app, circle), 'errors', 0, 'extensions', 'code')).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    const doubling = times(
      40,
      (index) => `fragment F${index} on PayAfterOrder { ...F${index + 1} ...F${index + 1} }`,
    );
    const since = performance.now();
    await run(app, `{ ${order('...F0')} } ${doubling} fragment F40 on PayAfterOrder { a: state }`);
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});

test('a document that is too long is refused before it is parsed, and the message says how long it may be', async () => {
  const document = `{ ${order('state')} }`;
  for (const fits of [document.padEnd(16_384), `${document}${'\n'.repeat(999)}`]) {
    expect(at(await run(app, fits), 'errors')).toBeUndefined();
  }
  for (const exceeds of [document.padEnd(16_385), `${document}${'\r\n'.repeat(1_000)}`]) {
    expect(at(await run(app, exceeds), 'errors', 0)).toEqual({
      message:
        'The document is too long: at most 16384 characters in 1000 lines. Send values as variables.',
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    });
    expect(documentProblems(schema, exceeds)).toEqual([
      expect.stringContaining('The document is too long'),
    ]);
  }
});

test('at most five errors are reported per document', async () => {
  const refused = await run(
    app,
    `{ ${times(20, (index) => `no${index}`)} }`.replace(/(no\d+ ?){15}/, ''),
  );
  expect(at(refused, 'errors', 4)).toBeDefined();
  expect(at(refused, 'errors', 5)).toBeUndefined();
});

describe('the schema', () => {
  const yoga = createYoga({
    schema,
    logging: false,
    parserAndValidationCache: documentCaches(),
    plugins: [
      {
        onRequest: ({ request, serverContext }) => {
          const scopes = request.headers.get('x-may') === 'read' ? SCOPES : [];
          const caller = { id: 'x', scopes: new Set(scopes), openid: null, expiresAt: null };
          Object.assign(serverContext, { caller });
        },
      },
      useDocumentLimits(rememberedShapes()),
      useSafeErrors(),
    ],
  });
  const ask = async (query: string, may: boolean) => {
    const headers = {
      ...(may && { 'x-may': 'read' }),
      accept: 'application/graphql-response+json',
    };
    const response = await yoga.fetch(graphqlRequest({ query }, headers));
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  };

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { name } }',
    '{ ...F } fragment F on Query { ... { __schema { types { name } } } }',
    '{ x: __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
  ])('the schema is shown only to callers with schema:read: %s', async (query) => {
    const refused = await ask(query, false);
    expect(refused.status).toBe(403);
    expect(at(refused.answer, 'errors', 0, 'extensions', 'code')).toBe('FORBIDDEN');
    expect(at((await ask(query, true)).answer, 'errors', 0, 'extensions', 'code')).not.toBe(
      'FORBIDDEN',
    );
    expect((await ask(query, false)).status).toBe(403);
  });

  test('the schema may be selected deeper than anything else', async () => {
    const deep = `{ __schema { queryType { fields { type { ${'ofType { '.repeat(8)} name ${'}'.repeat(9)} } } } }`;
    expect(at((await ask(deep, true)).answer, 'data', '__schema')).toBeDefined();
  });

  test('the schema is not shown by suggestions either, no matter which caller has sent the document before', async () => {
    const wrong = '{ payAfterOrdr { state } }';
    for (const may of [true, false, true, false]) {
      const answered = JSON.stringify((await ask(wrong, may)).answer);
      expect(answered.includes('Did you mean')).toBe(may);
    }
  });

  test('a caller of whom nothing is known may not see it', async () => {
    const bare = createYoga({
      schema,
      logging: false,
      plugins: [useDocumentLimits(rememberedShapes())],
    });
    const response = await bare.fetch(graphqlRequest({ query: '{ __schema { types { name } } }' }));
    expect(at(await response.json(), 'errors', 0, 'extensions', 'code')).toBe('FORBIDDEN');
  });
});

test('the reasons for which a document is refused are reported beforehand', () => {
  expect(documentProblems(schema, `{ ${order('state')} }`)).toEqual([]);
  expect(documentProblems(schema, '{ a')).toEqual([expect.stringContaining('Syntax Error')]);
  expect(documentProblems(schema, '\n{ nothing }')).toEqual([expect.stringMatching(/^line 2: /)]);
  expect(documentProblems(schema, 'fragment F on Query { __typename }')).toEqual([
    expect.stringContaining('No operation'),
  ]);
});
