import fc from 'fast-check';

/** The text before the selection, and the selection. */
type Field = (id: string) => readonly [head: string, selection: string];

const START =
  'serviceStartTime: "OnAccept", serviceStartLocation: "深圳", serviceIntroduction: "骑行"';
const READS: readonly Field[] = [
  (id) => [`payAfterOrder(by: { outOrderNo: "${id}" })`, '{ state }'],
  (id) => [`payAfterOrder(by: { queryId: "${id}" })`, '{ state }'],
  (id) => [`userServiceState(openid: "${id}")`, '{ useServiceState }'],
  () => ['orderRecords(first: 5)', '{ edges { node { status events { edges { cursor } } } } }'],
  () => ['__typename', ''],
];
const WRITES: readonly Field[] = [
  (id) => [
    `createPayAfterOrder(input: { outOrderNo: "${id}", ${START}, riskAmount: 100 })`,
    '{ __typename ... on CreatePayAfterOrderPayload { order { state } } }',
  ],
  (id) => [
    `cancelPayAfterOrder(input: { outOrderNo: "${id}", reason: "x" })`,
    '{ __typename ... on CancelPayAfterOrderPayload { order { state } } }',
  ],
  (id) => [
    `completePayAfterOrder(input: { outOrderNo: "${id}", finishType: UNUSED, totalAmount: 0 })`,
    '{ __typename }',
  ],
];
const DIRECTIVES = ['', '', ' @include(if: true)', ' @skip(if: false) @include(if: true)'] as const;

const id = fc.integer({ min: 0, max: 1e9 }).map((n) => `A${n}`);
const fieldsOf = (templates: readonly Field[]) =>
  fc.array(fc.tuple(fc.constantFrom(...templates), id, fc.constantFrom(...DIRECTIVES)), {
    minLength: 1,
    maxLength: 30,
  });

/** Selections under aliases; some directly, some by a fragment, some by one that is used twice. */
const operation = fc
  .tuple(
    fc.oneof(
      fieldsOf(READS).map((fields) => ({ kind: 'query', type: 'Query', fields })),
      fieldsOf(WRITES).map((fields) => ({ kind: 'mutation', type: 'Mutation', fields })),
    ),
    fc.constantFrom('plain', 'fragment', 'fragment twice', 'inline'),
    fc.boolean(),
  )
  .map(([{ kind, type, fields }, form, aliased]) => {
    const selections = fields
      .map(([make, given, directive], index) => {
        const alias = aliased || fields.length > 1 ? `a${index}: ` : '';
        const [head, selection] = make(given);
        return `${alias}${head}${directive} ${selection}`;
      })
      .join(' ');
    switch (form) {
      case 'fragment':
        return `${kind} { ...F } fragment F on ${type} { ${selections} }`;
      case 'fragment twice':
        return `${kind} { ...F ...F ...G } fragment F on ${type} { ${selections} } fragment G on ${type} { ...F }`;
      case 'inline':
        return `${kind} { ... on ${type} { ${selections} } ... { ${selections} } }`;
      default:
        return `${kind} { ${selections} }`;
    }
  });

/** Bodies that try to cause much work with one request: aliases, fragments, directives, batches. */
export const greedyBodies = fc.oneof(
  { weight: 9, arbitrary: operation.map((query) => JSON.stringify({ query })) },
  {
    weight: 1,
    arbitrary: fc
      .array(operation, { minLength: 2, maxLength: 5 })
      .map((queries) => JSON.stringify(queries.map((query) => ({ query })))),
  },
);
