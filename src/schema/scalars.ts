import { Kind, type ValueNode } from 'graphql';
import { builder } from './builder.ts';
import { badUserInput } from './query-errors.ts';

/**
 * Scalars refuse only what is not of their type, without naming it. Ranges and formats are checked
 * with all other rules of an input, so that one bad field never hides another.
 */
builder.scalarType('Fen', {
  description:
    'An amount of money in fen (分), 1/100 CNY: a whole number, not negative, at most 9007199254740991. `100` is 1.00 CNY. No floats, no exponents.',
  serialize: (value) => Number(value),
  parseValue: (value) => {
    if (typeof value !== 'number') {
      throw badUserInput('Fen is a whole number of fen.');
    }
    return value;
  },
  parseLiteral: (node: ValueNode) => {
    if (node.kind !== Kind.INT && node.kind !== Kind.FLOAT) {
      throw badUserInput('Fen is a whole number of fen.');
    }
    // 1e3 and 1.0 are no whole numbers as written: NaN is refused with the other issues.
    return node.kind === Kind.INT ? Number(node.value) : Number.NaN;
  },
});

builder.scalarType('ServiceTime', {
  description:
    "A time of WeChat Pay's, in Beijing time. Out: `2019-07-05T17:35:49+08:00`, a plain date `2019-07-06`, or `OnAccept` (用户确认时), the moment when the user confirms. In: the same, with any offset, in whole seconds; also WeChat's own `20190705173549` and `20190706`. That WeChat's digits mean +08:00 is what every known user assumes; WeChat does not say it.",
  serialize: (value) => String(value),
  parseValue: (value) => {
    if (typeof value !== 'string') {
      throw badUserInput('ServiceTime is a string.');
    }
    return value;
  },
});

builder.scalarType('DateTime', {
  description: "A time of this server's own, RFC 3339 in UTC: `2026-11-23T09:00:00.000Z`.",
  serialize: (value) => new Date(Number(value)).toISOString(),
  parseValue: (value) => {
    const moment = typeof value === 'string' && RFC3339.test(value) && Date.parse(value);
    if (typeof moment !== 'number' || Number.isNaN(moment)) {
      throw badUserInput('DateTime is RFC 3339, such as 2026-11-23T09:00:00Z.');
    }
    return moment;
  },
});

builder.scalarType('LaunchExtraData', {
  description:
    "extraData of wx.openBusinessView, an object under WeChat's own names (mch_id, package, timestamp, nonce_str, sign_type, sign …): to be passed on unchanged.",
  serialize: (value) => value,
});

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
