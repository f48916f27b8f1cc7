import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { permission, type Scope } from '../auth/caller.ts';
import { forbidden } from './authorization.ts';
import type { GraphQLContext } from './context.ts';

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

/** Fields are nullable unless they say otherwise; a mutation's result is a union named after its field. */
export const builder = new SchemaBuilder<PayAfterSchema>({
  // Access first: its refusals are GraphQL errors, never members of a union.
  plugins: [ScopeAuthPlugin, ErrorsPlugin, RelayPlugin, ComplexityPlugin],
  scopeAuth: {
    authScopes: ({ caller }) => ({ may: (scope) => permission(caller, scope) === 'granted' }),
    unauthorizedError: () => forbidden('This caller may not ask for this.'),
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
    edgesFieldOptions: { nullable: { list: false, items: false }, description: 'The page.' },
    nodeFieldOptions: { nullable: false },
    pageInfoFieldOptions: { description: 'Where the page lies.' },
    cursorFieldOptions: { description: 'Its place.' },
    pageInfoTypeOptions: {
      description: 'Where a page lies within its connection, as Relay has it.',
    },
    hasNextPageFieldOptions: { description: 'Whether there is more after endCursor.' },
    hasPreviousPageFieldOptions: { description: 'Whether this page began after a cursor.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge; null on an empty page.' },
    endCursorFieldOptions: {
      description: 'Cursor of the last edge: `after` of the next page; null on an empty page.',
    },
  },
});

builder.queryType({ description: '查询. Reads come live from WeChat Pay.' });
builder.mutationType({
  description:
    'Writes to WeChat Pay. Every expected outcome is a member of the result union; only a refusal of the caller itself (credentials, rate, overload) is a GraphQL error.',
});
builder.subscriptionType({
  description:
    'Live events, over SSE (POST with `accept: text/event-stream`) and over WebSocket (graphql-transport-ws).',
});
