import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApp, run, stubWechat } from '../fixtures/app/test-app.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { payAfterOrder } from '../fixtures/graphql/pay-after-order.ts';

let reads = 0;
let writes = 0;
const read = <T>(answer: T) => {
  reads += 1;
  return Promise.resolve(answer);
};
const write = () => {
  writes += 1;
  return Promise.reject(new Error('not made'));
};
const app = createTestApp({
  wechat: stubWechat({
    queryPayAfterOrder: () => read(payAfterOrder()),
    queryUserServiceState: ({ appid, serviceId, openid }) =>
      read({ appid, serviceId, openid, useServiceState: 'AVAILABLE' }),
    createPayAfterOrder: write,
    cancelPayAfterOrder: write,
  }),
});

const number = fc.integer({ min: 0, max: 20 });
const readField = fc.oneof(
  number.map((n) => `payAfterOrder(by: { outOrderNo: "N${n}" }) { state }`),
  number.map((n) => `payAfterOrder(by: { queryId: "Q${n}" }) { ...Order }`),
  number.map((n) => `userServiceState(openid: "o${n}") { useServiceState }`),
);
const writeField = fc.oneof(
  fc.constant(
    'createPayAfterOrder(input: $input) { ... on CreatePayAfterOrderPayload { order { state } } }',
  ),
  number.map(
    (n) =>
      `cancelPayAfterOrder(input: { outOrderNo: "C${n}", reason: "x" }) { ... on CancelPayAfterOrderPayload { order { ...Order } } }`,
  ),
);
/** Fields under aliases, some behind inline fragments, some in a fragment. */
const selections = (field: fc.Arbitrary<string>, type: string) =>
  fc
    .array(fc.tuple(field, fc.constantFrom('plain', 'inline', 'fragment', 'included')), {
      minLength: 1,
      maxLength: 7,
    })
    .map((fields) => {
      const named = fields.map(([text, where], index) => ({ text: `a${index}: ${text}`, where }));
      const of = (kind: string) =>
        named.filter(({ where }) => where === kind).map(({ text }) => text);
      const spread = of('fragment');
      const parts = [
        ...of('plain'),
        ...of('inline').map((text) => `... on ${type} { ${text} }`),
        ...of('included').map((text) => `... @include(if: true) { ${text} }`),
        ...(spread.length > 0 ? ['...F'] : []),
      ];
      const fragment = spread.length > 0 ? `fragment F on ${type} { ${spread.join(' ')} }` : '';
      const order = [...parts, fragment].join(' ').includes('...Order') ? ORDER : '';
      return { body: parts.join(' '), fragments: `${fragment} ${order}` };
    });
const ORDER = 'fragment Order on PayAfterOrder { state outOrderNo }';
const documents = fc.oneof(
  selections(readField, 'Query').map(({ body, fragments }) => `{ ${body} } ${fragments}`),
  selections(writeField, 'Mutation').map(({ body, fragments }) => {
    const variable = `${body}${fragments}`.includes('$input')
      ? '($input: CreatePayAfterOrderInput!)'
      : '';
    return `mutation ${variable} { ${body} } ${fragments}`;
  }),
);

test('whatever the document, a request makes at most one write and five reads at WeChat Pay', async () => {
  let mostReads = 0;
  let mostWrites = 0;
  await fc.assert(
    fc.asyncProperty(documents, async (document) => {
      reads = 0;
      writes = 0;
      await run(
        app,
        document.replace('fragment Order', document.includes('...Order') ? 'fragment Order' : '#'),
        {
          input: orderInput(),
        },
      );
      expect(reads).toBeLessThanOrEqual(5);
      expect(writes).toBeLessThanOrEqual(1);
      mostReads = Math.max(mostReads, reads);
      mostWrites = Math.max(mostWrites, writes);
    }),
    { numRuns: 400, seed: 20_261_124 },
  );
  // It has come as near as it could.
  expect(mostReads).toBe(5);
  expect(mostWrites).toBe(1);
});
