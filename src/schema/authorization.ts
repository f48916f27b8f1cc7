import { GraphQLError } from 'graphql';
import { type Permission, permission, type Scope } from '../auth/caller.ts';
import type { GraphQLContext } from './context.ts';

/** A permission error: always a GraphQL error, never a member of a result union. */
export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** The scopes that a field requires, and the error of a caller without one of them. */
export function requireScope(scope: Scope) {
  return {
    authScopes: { may: scope },
    unauthorizedError: (_parent: unknown, _args: unknown, { caller }: GraphQLContext) =>
      forbidden(reasonOf(permission(caller, scope), scope)),
  };
}

/** The error of a caller without a scope; undefined if it has it. */
export function missingScope(
  scope: Scope,
  { caller }: Pick<GraphQLContext, 'caller'>,
): GraphQLError | undefined {
  const found = permission(caller, scope);
  return found === 'granted' ? undefined : forbidden(reasonOf(found, scope));
}

function reasonOf(reason: Permission, scope: Scope): string {
  switch (reason) {
    case 'shopper-missing':
      return 'The credential does not identify a user: the claim openid or the scope orders:any is required.';
    case 'not-for-shoppers':
      return `Requires the scopes ${scope} and orders:any.`;
    default:
      return `Missing scope: ${scope}.`;
  }
}
