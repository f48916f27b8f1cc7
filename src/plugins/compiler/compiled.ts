import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type OperationDefinitionNode,
  parse,
  type Source,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { isCompilable } from './compilable.ts';

/** Executes one operation; undefined if nothing was executed and the executor has to report why. */
export type Compiled = (args: ExecutionArgs) => MaybePromise<ExecutionResult | undefined>;

type MaybePromise<T> = T | Promise<T>;

/**
 * Compiles an operation of a valid document; undefined if the executor has to execute it. Variables
 * have to be checked before: the compiler's own check knows neither `@oneOf` nor a list in place of an
 * object.
 */
export function compiled(
  { schema, document }: Pick<ExecutionArgs, 'schema' | 'document'>,
  operation: OperationDefinitionNode,
): Compiled | undefined {
  const source = document.loc?.source;
  if (source === undefined || !isCompilable(document, operation)) {
    return undefined;
  }
  // Parsed again, because the compiler mutates its input, and this document is shared.
  const query = compileQuery(schema, parse(source), operation.name?.value, OPTIONS);
  if (!isCompiledQuery(query)) {
    return undefined;
  }
  return ({ rootValue, contextValue, variableValues }) => {
    const given = variableValues ?? {};
    const result: MaybePromise<Result> = query.query(rootValue, contextValue, given);
    return isPromise(result)
      ? result.then((done) => answerOf(done, source))
      : answerOf(result, source);
  };
}

const OPTIONS = { disablingCapturingStackErrors: true };

/** The result of the compiler. */
interface Result {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly GraphQLError[];
}

function answerOf({ data, errors }: Result, source: Source): ExecutionResult | undefined {
  if (data === undefined) {
    return undefined;
  }
  return errors === undefined
    ? { data }
    : { errors: errors.map((error) => located(error, source)), data };
}

/** The compiler's errors contain only lines and columns; rebuilding an error needs the source. */
function located({ message, locations, path, originalError }: GraphQLError, source: Source) {
  const lines = source.body.split(/(?<=\r\n|\n|\r(?!\n))/);
  const positions = (locations ?? []).map(({ line, column }) =>
    lines.slice(0, line - 1).reduce((sum, text) => sum + text.length, column - 1),
  );
  return new GraphQLError(message, { source, positions, path, originalError });
}

function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}
