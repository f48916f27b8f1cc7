import {
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  isInputType,
  Kind,
  typeFromAST,
  validateInputValue,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { typeMessage, withoutValues } from './redact-values.ts';

/** No error response contains a value of the caller, and each has a code. */
export function useSafeErrors(): Plugin {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: ({ result, setResult }) => {
        if ('errors' in result && result.errors?.some(isVariableError)) {
          setResult({ ...result, errors: variableErrors(args) });
        }
      },
    }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: ({ result, setResult }) => {
        if ('errors' in result && result.errors?.some(isVariableError)) {
          setResult({ errors: variableErrors(args) });
        }
      },
    }),
    onResultProcess: ({ result, setResult }) => {
      if ('errors' in result && result.errors !== undefined) {
        setResult({ ...result, errors: result.errors.map(withoutValues) });
      }
    },
  };
}

/** GraphQL over HTTP: 400, but 200 for clients that accept only application/json. */
const NOT_EXECUTED = { spec: true, status: 400 };

/** As many as graphql itself reports: a small request must not cause a huge response. */
const MOST_ERRORS = 50;

type VariableArgs = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/** Recomputes the errors of all variables, because the executor's own messages quote the values. */
function variableErrors(args: VariableArgs): GraphQLError[] {
  const { schema, document, operationName, variableValues } = args;
  const errors: GraphQLError[] = [];
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, node.type);
    const name = node.variable.name.value;
    const value = variableValues?.[name];
    if (!isInputType(type) || (value === undefined && node.defaultValue)) {
      continue;
    }
    validateInputValue(
      value,
      type,
      (error, path) => {
        const at = [`$${name}`, ...path].join('.');
        const message = `${at}: ${error.extensions['code'] ? error.message : typeMessage(error.message)}`;
        const extensions = { code: 'BAD_USER_INPUT', http: NOT_EXECUTED };
        if (errors.length < MOST_ERRORS) {
          errors.push(new GraphQLError(message, { nodes: node, extensions }));
        }
      },
      true,
    );
  }
  return errors;
}

function isVariableError(error: GraphQLError): boolean {
  return error.path === undefined && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}
