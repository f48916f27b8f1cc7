import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { Kind, type ValueNode } from 'graphql';
import { permission, type Scope } from '../auth/caller.ts';
import { forbidden } from './authorization.ts';
import { type GraphQLContext, MOST_READS } from './context.ts';
import { ACCESS, BY_ANALOGY, CONFLICT, ERROR_CODES, SAME_INPUT } from './descriptions.ts';
import { badUserInput } from './query-errors.ts';

interface PayAfterSchema {
  Context: GraphQLContext;
  AuthScopes: { may: Scope };
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    Fen: { Input: number; Output: number };
    ServiceTime: { Input: string; Output: string };
    DateTime: { Input: number; Output: number };
    LaunchExtraData: { Input: never; Output: Readonly<Record<string, string>> };
  };
}

/** Fields are nullable by default; the result of a mutation is a union named after its field. */
export const builder = new SchemaBuilder<PayAfterSchema>({
  // Authorization first: its errors are GraphQL errors, never members of a union.
  plugins: [ScopeAuthPlugin, ErrorsPlugin, RelayPlugin, ComplexityPlugin],
  scopeAuth: {
    authScopes: ({ caller }) => ({ may: (scope) => permission(caller, scope) === 'granted' }),
    unauthorizedError: () => forbidden('Forbidden: the caller has no permission for this field.'),
    treatErrorsAsUnauthorized: true,
    authorizeOnSubscribe: true,
  },
  errors: {
    directResult: true,
    defaultTypes: [],
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
    },
  },
  // In rows of the ledger: only pages have any. Counted before an operation begins, in a plugin.
  complexity: { disabled: true, defaultComplexity: 0, defaultListMultiplier: 1 },
  relay: {
    nodesOnConnection: {
      description: 'The elements of the page, without their cursors.',
    },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The elements of the page.',
    },
    nodeFieldOptions: { nullable: false },
    pageInfoFieldOptions: { description: 'Pagination information.' },
    cursorFieldOptions: {
      description:
        'Cursor of this edge: a string for `after` or `before` of the same field. That of an event equals its own `cursor`.',
    },
    pageInfoTypeOptions: {
      description: 'Pagination information, as in the Relay specification.',
    },
    hasNextPageFieldOptions: {
      description: 'True if there is a next page; with `last`, true if `before` was given.',
    },
    hasPreviousPageFieldOptions: {
      description:
        'With `last`, true if there is a page before this one; otherwise true if `after` was given.',
    },
    startCursorFieldOptions: {
      description: 'Cursor of the first edge of the page; null if the page is empty.',
    },
    endCursorFieldOptions: {
      description:
        'Cursor of the last edge: pass it as `after` to get the next page; null if the page is empty.',
    },
  },
});

builder.queryType({
  description: `Queries (查询).

${ACCESS}

One request may make at most ${MOST_READS} reads from WeChat Pay: each field that needs a further one has the error BAD_USER_INPUT instead, and the others succeed; several selections of the same order with the same arguments are one read. ${BY_ANALOGY}

All errors of queries are in \`errors\`, with a code in \`extensions.code\`:
${ERROR_CODES}`,
});
builder.mutationType({
  description: `Writes to WeChat Pay, one per request.

${ACCESS}

Each mutation returns a union: its payload or an error type. Select \`... on UserError { code message }\` for every error type. GraphQL errors (\`errors\`, with the codes that the type Query lists) are only for missing credentials or permissions, malformed requests or scalars (a ServiceTime of the wrong form is BAD_FORMAT of InvalidInputError), a second write in the request (GRAPHQL_VALIDATION_FAILED), this server's own rate limit or overload, a failed \`order\` or \`launch\` field, and unexpected errors.

Each mutation of an order, except collectServiceOrder, is idempotent by outOrderNo: a repeat with the same input has no new effect, and different input is an OrderConflictError. ${CONFLICT} ${SAME_INPUT}

A mutation takes at most 8 seconds, unless the operator of this server has configured another \`WECHAT_TIMEOUT_MS\`, and as long again if \`order\` is selected. Set your own timeout higher; after it, retry the same call.`,
});
builder.subscriptionType({
  description: `Live events, over server-sent events (POST with \`accept: text/event-stream\`) or WebSocket (graphql-transport-ws; the credential is \`authorization\` in \`connectionParams\`).

${ACCESS}`,
});

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
    'A point in time, RFC 3339: `2026-11-23T09:00:00.000Z`. Output is in UTC; input may use any offset.',
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
