import { permission, type Scope } from '../access/caller.ts';
import type { GraphQLContext } from './context.ts';
import { forbidden } from './forbidden.ts';

/** What a field asks of its caller, and the error of one who has it not. */
export function needs(scope: Scope) {
  return {
    authScopes: { may: scope },
    unauthorizedError: (_parent: unknown, _args: unknown, { caller }: GraphQLContext) =>
      forbidden(
        permission(caller, scope) === 'shopper-missing'
          ? 'This caller names no user: its token needs the claim openid, or the scope orders:any.'
          : `This needs the scope ${scope}.`,
      ),
  };
}
