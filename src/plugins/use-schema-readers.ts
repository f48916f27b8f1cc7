import { BREAK, type DocumentNode, GraphQLError, Kind, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { permission } from '../access/caller.ts';
import type { GraphQLContext } from '../schema/index.ts';

/** `__schema` and `__type` are for callers who may read the schema; `__typename` is for everybody. */
export function useSchemaReaders(): Plugin<Pick<GraphQLContext, 'caller'>> {
  const known = new WeakMap<DocumentNode, boolean>();
  const introspects = (document: DocumentNode) => {
    const found = known.get(document) ?? asksForSchema(document);
    known.set(document, found);
    return found;
  };
  return {
    onExecute: ({ args: { document, contextValue }, setResultAndStopExecution }) => {
      const { caller } = contextValue;
      if (permission(caller, 'schema:read') !== 'granted' && introspects(document)) {
        setResultAndStopExecution({ errors: [refusal()] });
      }
    },
  };
}

/** The document alone is looked at: it is cached, and validated for all callers alike. */
function asksForSchema(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    [Kind.FIELD]: ({ name: { value } }) => {
      found = value === '__schema' || value === '__type';
      return found ? BREAK : undefined;
    },
  });
  return found;
}

function refusal(): GraphQLError {
  const extensions = { code: 'FORBIDDEN' };
  return new GraphQLError('Introspection needs the scope schema:read.', { extensions });
}
