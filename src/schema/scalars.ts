import { Kind, type ValueNode } from 'graphql';
import { builder } from './builder.ts';
import { badUserInput } from './query-errors.ts';

/**
 * Scalars reject only values of another type, without quoting them. Ranges and formats are checked
 * with all other rules of an input, so that one invalid field does not hide others.
 */
builder.scalarType('Fen', {
  description:
    'An amount in fen (分), 1/100 CNY: a JSON number, an integer from 0 to 9007199254740991. `100` is 1.00 CNY. No decimals, no exponents.',
  serialize: (value) => Number(value),
  parseValue: (value) => {
    if (typeof value !== 'number') {
      throw badUserInput('Invalid Fen: use a whole number of fen.');
    }
    return value;
  },
  parseLiteral: (node: ValueNode) => {
    if (node.kind !== Kind.INT && node.kind !== Kind.FLOAT) {
      throw badUserInput('Invalid Fen: use a whole number of fen.', node);
    }
    // 1e3 and 1.0 are not integer literals: NaN is rejected with the other issues.
    return node.kind === Kind.INT ? Number(node.value) : Number.NaN;
  },
});

builder.scalarType('ServiceTime', {
  description:
    'A time of WeChat Pay, as a string: a time with an offset (`2019-07-05T17:35:49+08:00`), a plain date (`2019-07-06`), or `OnAccept`: the time when the user confirms (用户确认时). Output is in Beijing time, which WeChat Pay does not document but all known clients assume. Input may use any offset, also `Z`, as toISOString() writes it (a fraction of a second is dropped); `20190705173549` and `20190706` are also accepted, as Beijing time.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    if (typeof value !== 'string') {
      throw badUserInput(NO_SERVICE_TIME);
    }
    return value;
  },
  parseLiteral: (node: ValueNode) => {
    if (node.kind !== Kind.STRING) {
      throw badUserInput(NO_SERVICE_TIME, node);
    }
    return node.value;
  },
});

builder.scalarType('DateTime', {
  description:
    'A time of this server, RFC 3339: `2026-11-23T09:00:00.000Z`. Output is in UTC; input may use any offset.',
  serialize: (value) => new Date(Number(value)).toISOString(),
  parseValue: (value) => momentIn(value),
  parseLiteral: (node: ValueNode) => momentIn(node.kind === Kind.STRING && node.value, node),
});

builder.scalarType('LaunchExtraData', {
  description:
    "The object for `extraData` of wx.openBusinessView, with WeChat Pay's own names (mch_id, package, timestamp, nonce_str, sign_type, sign …). Pass it on unchanged.",
  serialize: (value) => value,
});

const NO_SERVICE_TIME = 'Invalid ServiceTime: use a string.';
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** @throws GraphQLError BAD_USER_INPUT, at the literal if there is one */
function momentIn(value: unknown, node?: ValueNode): number {
  const moment = typeof value === 'string' && RFC3339.test(value) && Date.parse(value);
  if (typeof moment !== 'number' || Number.isNaN(moment)) {
    throw badUserInput('Invalid DateTime: use RFC 3339, e.g. 2026-11-23T09:00:00Z.', node);
  }
  return moment;
}
