import fc from 'fast-check';

/**
 * What a caller's value looks like here. It begins with a digit, so that no document can make a
 * name of it: names may come back, values may not.
 */
const CANARY = '77001zkq9';
const MARKS = ['77001', 'zkq9'];

/** Whether anything of a caller's value stands in a text. */
export function holdsValue(text: string): boolean {
  return MARKS.some((mark) => text.includes(mark));
}

const FIELD_NAMES = [
  ...['outOrderNo', 'queryId', 'openid', 'appid', 'serviceId', 'riskAmount', 'name', 'phone'],
  ...['serviceStartTime', 'serviceEndTime', 'serviceStartLocation', 'serviceIntroduction'],
  ...['fees', 'feeName', 'feeCount', 'feeAmount', 'discounts', 'discountName', 'attach'],
  ...['needUserConfirm', 'userid', 'address', 'x', '__proto__', 'constructor'],
  ...['finishType', 'finishTicket', 'totalAmount', 'cancelReason', 'realServiceEndTime'],
  ...['reason', 'type', 'detail', 'paidTime', 'states', 'createdFrom', 'createdBefore'],
];
const TYPES = [
  ...['String', 'String!', 'Int', 'Int!', 'Float', 'Boolean!', 'ID', 'Fen', 'ServiceTime!'],
  ...['[String!]!', 'PayAfterOrderKey!', 'CreatePayAfterOrderInput!', 'PayAfterFinishTypeInput'],
  ...['CreatePayAfterOrderFeeInput', 'PayAfterOrder', 'Nothing', 'DateTime', 'PayAfterSyncType!'],
  ...['CompletePayAfterOrderInput!', 'CancelPayAfterOrderInput!', 'SyncPayAfterOrderInput!'],
  ...['PayAfterOrderFilter', '[PayAfterOrderState!]', 'LaunchExtraData'],
];

const canary = fc
  .tuple(fc.string({ maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([before, after]) => `${before}${CANARY}${after}`);
const brokenUnicode = fc.constantFrom('\uD83D', '\uDE00', '\u0000', '\uFEFF', '\u2028', '😀', '𠮷');
const text = fc.oneof(
  canary,
  fc.tuple(canary, brokenUnicode).map((parts) => parts.join('')),
);
const number = fc.constantFrom('77001', '-77001', '77001.5', '7700133445566', '77001e9', '-0', '1');
const fieldName = fc.constantFrom(...FIELD_NAMES);

/** A literal of a document, as text. */
const literal = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text.map((value) => JSON.stringify(value)),
    text.map((value) => `"""${value.replaceAll('"', "'")}"""`),
    text.map((value) => `"${value}"`),
    number,
    fc.constantFrom('true', 'null', 'ENUM', '$a', '$b', '""', '[]', '{}', '"OnAccept"'),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(' ')}]`),
    fc
      .array(fc.tuple(fieldName, tie('any')), { maxLength: 4 })
      .map((fields) => `{${fields.map(([name, value]) => `${name}: ${value}`).join(' ')}}`),
  ),
})).any;

const selection = fc
  .tuple(
    fc.constantFrom(
      '__typename @include(if: @)',
      '__type(name: @) { name }',
      'userServiceState(openid: @, appid: @) { useServiceState }',
      'payAfterOrder(by: @) { state }',
      'payAfterOrder(by: { outOrderNo: @ }, serviceId: @) { state stateRaw(x: @) }',
      'createPayAfterOrder(input: @) { __typename ... on UserError { code message } }',
      'completePayAfterOrder(input: @) { __typename ... on UserError { code message } }',
      'cancelPayAfterOrder(input: { outOrderNo: @, reason: @ }) { ... on UserError { message } }',
      'syncPayAfterOrder(input: { outOrderNo: @, type: ORDER_PAID, detail: @ }) { __typename }',
      'payAfterOrders(filter: @, first: @) { edges { node { events(after: @) { edges { cursor } } } } }',
      'payAfterOrders(after: @, filter: { states: @ }) { pageInfo { hasNextPage endCursor } }',
      'payAfterOrderEvents(outOrderNo: @, after: @) { id outOrderNo }',
      'nothing(x: @) @nothing(x: @)',
      '... @defer(label: @, if: @) { __typename }',
      '...F',
    ),
    fc.array(literal, { minLength: 2, maxLength: 2 }),
  )
  .map(([template, [one = '', other = '']]) =>
    template.replace('@', () => one).replaceAll('@', () => other),
  );

const definition = fc
  .tuple(fc.constantFrom('$a', '$b'), fc.constantFrom(...TYPES), fc.option(literal, { freq: 3 }))
  .map(([name, type, value]) => `${name}: ${type}${value === null ? '' : ` = ${value}`}`);

const wellFormed = fc
  .tuple(
    fc.constantFrom('query', 'query A', 'mutation', 'mutation B', 'subscription'),
    fc.array(definition, { maxLength: 2 }),
    fc.array(selection, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', ' fragment F on Query { __typename }', ' query C { __typename }', ' #'),
  )
  .map(([kind, definitions, selections, rest]) => {
    const variables = definitions.length > 0 ? `(${definitions.join(' ')})` : '';
    return `${kind}${variables} { ${selections.join(' ')} }${rest}${rest === ' #' ? CANARY : ''}`;
  });

const deep = fc
  .tuple(fc.constantFrom('[', '{x:', '{x{'), fc.integer({ min: 100, max: 6_000 }))
  .map(([open, depth]) => `{ payAfterOrder(by: ${open.repeat(depth)}"${CANARY}"`);

/** A document: mostly one that could be, at times cut, spoilt, very deep, or none at all. */
const document = fc.oneof(
  { weight: 8, arbitrary: wellFormed },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        wellFormed,
        fc.nat(200),
        fc.nat(3),
        fc.constantFrom('', '"', '{', '}', '\\', '$', ` ${CANARY}`),
      )
      .map(([whole, at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut)),
  },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: text },
);

const huge = fc.constantFrom(1e308, -1e308, 2 ** 53, 7_700_133_445_566, 77_001.25, 77_001, 0, -0);

/** A value of the variables. */
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    huge,
    fc.constantFrom(true, null, '', 'OnAccept', '2099-01-01'),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fieldName, text), tie('any'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).any;

const variables = fc.oneof(
  { weight: 6, arbitrary: fc.record({ a: value, b: value }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: value },
);

/** A body that is meant to be a GraphQL request. */
export const graphqlBody = fc
  .record(
    {
      query: fc.oneof({ weight: 9, arbitrary: document }, { weight: 1, arbitrary: value }),
      variables,
      operationName: fc.oneof(fc.constantFrom('A', 'B', 'C', null), text, value),
      extensions: value,
    },
    { requiredKeys: ['query'] },
  )
  .map((body) => JSON.stringify(body));

/** A body that is not. */
export const otherBody = fc.oneof(
  fc.tuple(graphqlBody, fc.nat(300)).map(([body, end]) => body.slice(0, end)),
  fc
    .tuple(graphqlBody, fc.nat(300))
    .map(([body, at]) => `${body.slice(0, at)}${CANARY}${body.slice(at)}`),
  value.map((any) => JSON.stringify(any)),
  graphqlBody.map((body) => `[${body},${body}]`),
  fc.integer({ min: 1_000, max: 30_000 }).map((depth) => `${'['.repeat(depth)}"${CANARY}"`),
  fc
    .integer({ min: 66_000, max: 70_000 })
    .map((length) => JSON.stringify(CANARY.repeat(length / 9))),
  text,
  fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => Buffer.concat([Buffer.from(`{"${CANARY}`), bytes])),
);

export const headers = fc.record({
  'content-type': fc.constantFrom(
    ...['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/graphql'],
    ...['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', CANARY],
  ),
  accept: fc.constantFrom(
    ...['*/*', 'application/json', 'application/graphql-response+json', 'text/html', CANARY],
    ...['text/event-stream', 'multipart/mixed'],
  ),
  authorization: fc.constantFrom(`Bearer ${CANARY}`, ''),
});
