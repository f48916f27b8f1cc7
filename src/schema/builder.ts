import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { permission, type Scope } from '../auth/caller.ts';
import type { GraphQLContext } from './context.ts';
import { forbidden } from './forbidden.ts';

interface PayAfterSchema {
  Context: GraphQLContext;
  AuthScopes: { may: Scope };
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
  plugins: [ScopeAuthPlugin, ErrorsPlugin],
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
