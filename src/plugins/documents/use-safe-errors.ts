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

/**
 * Refuses variables of the wrong types before anything else reads them: everything else that checks
 * them goes on after the errors that are reported, and 64 KB can have 30,000. Register it before every
 * plugin that reads variables.
 */
export function useVariableCheck(): Plugin {
  return {
    onExecute: ({ args, setResultAndStopExecution }) => {
      const errors = variableErrors(args);
      if (errors.length > 0) {
        setResultAndStopExecution({ errors });
      }
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const errors = variableErrors(args);
      if (errors.length > 0) {
        setResultAndStopExecution({ errors });
      }
    },
  };
}

/** GraphQL over HTTP: 400, but 200 for clients that accept only application/json. */
const NOT_EXECUTED = { spec: true, status: 400 };

/** As many as graphql itself reports: a small request must not cause a huge response. */
const MOST_ERRORS = 50;

/** Characters: each message first quotes the whole value, whatever its size. */
const MOST_PRINTED = 64 * 1024;

type VariableArgs = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/** The errors of all variables, without their values, which the executor's own messages quote. */
function variableErrors(args: VariableArgs): GraphQLError[] {
  const { schema, document, operationName, variableValues } = args;
  const errors: GraphQLError[] = [];
  let printed = 0;
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, node.type);
    const name = node.variable.name.value;
    const value = variableValues?.[name];
    if (!isInputType(type) || (value === undefined && node.defaultValue)) {
      continue;
    }
    const onError = (error: GraphQLError, path: readonly (string | number)[]) => {
      const at = [`$${name}`, ...path].join('.');
      const message = `${at}: ${error.extensions['code'] ? error.message : typeMessage(error.message)}`;
      const extensions = { code: 'BAD_USER_INPUT', http: NOT_EXECUTED };
      errors.push(new GraphQLError(message, { nodes: node, extensions }));
      printed += error.message.length;
      if (errors.length === MOST_ERRORS || printed > MOST_PRINTED) {
        throw new EnoughErrors();
      }
    };
    try {
      validateInputValue(value, type, onError, true);
    } catch (error) {
      if (error instanceof EnoughErrors) {
        return errors;
      }
      throw error;
    }
  }
  return errors;
}

/** Ends the check of a value: its further errors are not reported. */
class EnoughErrors extends Error {}

function isVariableError(error: GraphQLError): boolean {
  return error.path === undefined && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}
