import { GraphQLError } from 'graphql';

/** A refusal of the caller: a GraphQL error everywhere, never a member of a result union. */
export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}
