import { GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { limitErrors } from './document-limits.ts';
import { shapeOf } from './measure-document.ts';
import { MAX_TOKENS } from './use-token-limit.ts';

/** Why the server would refuse a document, from any caller: with lines; empty where it would not. */
export function documentProblems(schema: GraphQLSchema, text: string): readonly string[] {
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      return ['There is no operation in it: each file is a whole document, fragments included.'];
    }
    return [...limitErrors(shapeOf(document)), ...validate(schema, document)].map(told);
  } catch (error) {
    return [error instanceof GraphQLError ? told(error) : String(error)];
  }
}

function told({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return at ? `line ${at.line}: ${message}` : message;
}
