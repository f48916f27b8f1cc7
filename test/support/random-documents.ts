import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
} from 'graphql';
import { schema } from '../../src/schema/index.ts';
import { orderInput } from './inputs.ts';
import type { JsonObject } from './json.ts';

/** Arguments of a field, valid as far as the document goes. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  payAfterOrder: [
    '(by: { outOrderNo: "A" })',
    '(by: { queryId: "q" }, appid: "x")',
    '(by: $by)',
    '(by: $by, serviceId: $text)',
    '(by: { outOrderNo: $number })',
    '(by: { outOrderNo: "ABSENT" })',
    '(by: { outOrderNo: "__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8" })',
  ],
  payAfterOrders: ['', '(first: 2)', '(first: $first)', '(filter: $filter)', '(after: "x")'],
  userServiceState: ['(openid: "o")', '(openid: $number)', '(openid: "")'],
  createPayAfterOrder: ['(input: $create)'],
  cancelPayAfterOrder: ['(input: { outOrderNo: "A", reason: "x" })', '(input: $cancel)'],
  events: ['', '(first: 1)', '(first: 0)', '(after: "x")'],
};

const VARIABLES: Readonly<Record<string, readonly [type: string, values: readonly unknown[]]>> = {
  by: [
    'PayAfterOrderKey!',
    [
      { outOrderNo: 'A' },
      { queryId: 'q' },
      { outOrderNo: 'A', queryId: 'q' },
      { outOrderNo: null },
      {},
      [],
      null,
      'A',
      { x: 1 },
    ],
  ],
  number: ['String!', ['A', 'ABSENT', 'FAULT', '', 1, null, ['A']]],
  text: ['String', ['500001', null, undefined, 5]],
  first: ['Int', [1, 0, 101, -1, 2.5, '2', null, undefined]],
  filter: [
    'PayAfterOrderFilter',
    [
      {},
      [],
      { states: ['CREATED'] },
      { states: 'CREATED' },
      { states: ['x'] },
      { createdFrom: '2026-01-01T00:00:00Z' },
      { createdFrom: 1 },
      null,
      undefined,
    ],
  ],
  create: [
    'CreatePayAfterOrderInput!',
    [orderInput({ outOrderNo: 'C1' }), orderInput({ outOrderNo: '' }), {}, [], null],
  ],
  cancel: [
    'CancelPayAfterOrderInput!',
    [{ outOrderNo: 'A', reason: 'x' }, { outOrderNo: 'A', reason: '' }, { outOrderNo: 'A' }, null],
  ],
};

/** Draws from a list of numbers, one after the other; zeros where it is at its end. */
type Draw = (below: number) => number;

const DEEPEST = 6;

/** A valid document of this schema and variables for it, which need not be. */
export const randomRequest = fc
  .array(fc.nat(), { minLength: 8, maxLength: 60 })
  .map((numbers): { readonly query: string; readonly variables: JsonObject } => {
    const left = numbers.values();
    const draw: Draw = (below) => (left.next().value ?? 0) % below;
    const [kind, root] =
      draw(4) === 0 ? ['mutation', schema.getMutationType()] : ['query', schema.getQueryType()];
    const body = root ? selection(root, draw, 0) : '{ __typename }';
    const used = Object.entries(VARIABLES).filter(([name]) => body.includes(`$${name}`));
    const declared = used.map(([name, [type]]) => `$${name}: ${type}`).join(', ');
    const variables = used.map(([name, [, values]]) => [name, values[draw(values.length)]]);
    return {
      query: `${kind} ${declared && `Q(${declared})`} ${body}`,
      variables: Object.fromEntries(variables),
    };
  });

function selection(type: GraphQLNamedType, draw: Draw, depth: number): string {
  const picks = Array.from({ length: 1 + draw(5) }, (_, index) => pick(type, draw, depth, index));
  return `{ ${['__typename', ...picks].join('\n')} }`;
}

function pick(type: GraphQLNamedType, draw: Draw, depth: number, index: number): string {
  if (isAbstractType(type) && draw(3) > 0) {
    const possible = schema.getPossibleTypes(type);
    const one = possible[draw(possible.length)];
    return one ? `... on ${one.name} ${selection(one, draw, depth + 1)}` : '__typename';
  }
  const fields = 'getFields' in type && !('isOneOf' in type) ? Object.values(type.getFields()) : [];
  const field = fields[draw(Math.max(1, fields.length))];
  if (field === undefined || !('resolve' in field)) {
    return '__typename';
  }
  return fieldText(field, draw, depth, `a${index}_${field.name}`);
}

function fieldText(
  field: GraphQLField<unknown, unknown>,
  draw: Draw,
  depth: number,
  alias: string,
): string {
  const type = getNamedType(field.type);
  const choices = ARGUMENTS[field.name] ?? [''];
  const required = field.args.some(({ type: of }) => String(of).endsWith('!'));
  if (depth > DEEPEST || (required && !(field.name in ARGUMENTS))) {
    return '__typename';
  }
  const condition = draw(12) === 0 ? '@include(if: true)' : '';
  const below = isCompositeType(type) ? selection(type, draw, depth + 1) : '';
  return `${alias}: ${field.name}${choices[draw(choices.length)] ?? ''} ${condition} ${below}`;
}
