import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { permission, type Scope } from '../auth/caller.ts';
import { forbidden } from './authorization.ts';
import { type GraphQLContext, MOST_READS } from './context.ts';
import { ACCESS, BY_ANALOGY, ERROR_CODES, SAME_INPUT } from './descriptions.ts';

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
    cursorFieldOptions: { description: 'Cursor of this edge: an opaque string for `after`.' },
    pageInfoTypeOptions: {
      description: 'Pagination information, as in the Relay specification.',
    },
    hasNextPageFieldOptions: { description: 'True if there is a next page.' },
    hasPreviousPageFieldOptions: { description: 'True if this page starts after a cursor.' },
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

One request may make at most ${MOST_READS} reads from WeChat Pay, else BAD_USER_INPUT; several selections of the same order with the same arguments are one read. ${BY_ANALOGY}

All errors of queries are in \`errors\`, with a code in \`extensions.code\`:
${ERROR_CODES}`,
});
builder.mutationType({
  description: `Writes to WeChat Pay, one per request.

${ACCESS}

Each mutation returns a union: its payload or an error type. Select \`... on UserError { code message }\` for every error type. GraphQL errors (\`errors\`, with the codes that the type Query lists) are only for missing credentials or permissions, malformed requests or scalars, a second write in the request (GRAPHQL_VALIDATION_FAILED), this server's own rate limit or overload, a failed \`order\` or \`launch\` field, and unexpected errors.

Each mutation is idempotent by outOrderNo. ${SAME_INPUT}

A mutation takes at most 8 seconds, unless the operator of this server has configured another \`WECHAT_TIMEOUT_MS\`, and as long again if \`order\` is selected. Set your own timeout higher; after it, retry the same call.`,
});
builder.subscriptionType({
  description: `Live events, over server-sent events (POST with \`accept: text/event-stream\`) or WebSocket (graphql-transport-ws; the credential is \`authorization\` in \`connectionParams\`).

${ACCESS}`,
});
