import {
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  isInputType,
  Kind,
  typeFromAST,
  type VariableDefinitionNode,
  validateInputValue,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { rejection } from '../use-http-rules.ts';
import { typeMessage, withoutValues } from './redact-values.ts';

const FAULT = {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Unexpected error. Nothing was executed.',
};

/**
 * What a plugin throws before a request is executed becomes a response like all other errors: the
 * server of Yoga would send the stack.
 */
export function guarded<Context extends object, ServerContext extends object>(
  plugin: Plugin<Context, ServerContext>,
  onFault: (error: unknown) => void,
): Plugin<Context, ServerContext> {
  const { onRequest } = plugin;
  if (onRequest === undefined) {
    return plugin;
  }
  return {
    ...plugin,
    onRequest: (payload) => {
      const fail = (error: unknown) => {
        onFault(error);
        payload.endResponse(rejection(payload.request, FAULT, payload.fetchAPI));
      };
      try {
        const done = onRequest(payload);
        return done instanceof Promise ? done.catch(fail) : done;
      } catch (error) {
        return fail(error);
      }
    },
  };
}

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
 * Refuses variables of the wrong types, or with too long lists, before anything else reads them:
 * everything else that checks them goes on after the errors that are reported, and 64 KB can have
 * 30,000. Register it before every plugin that reads variables.
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
  const given = variableValues ?? {};
  const errors: GraphQLError[] = [];
  let [elements, printed] = [0, 0];
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, node.type);
    const name = node.variable.name.value;
    if (name in Object.prototype) {
      return [variableError(node, RESERVED_NAME)];
    }
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (!isInputType(type) || (value === undefined && node.defaultValue)) {
      continue;
    }
    elements += elementsIn(value);
    if (elements > MOST_ELEMENTS) {
      return [variableError(node, `$${name}: ${TOO_MANY_ELEMENTS}`)];
    }
    const onError = (error: GraphQLError, path: readonly (string | number)[]) => {
      const at = [`$${name}`, ...path].join('.');
      const text = error.extensions['code'] ? error.message : typeMessage(error.message);
      errors.push(variableError(node, `${at}: ${text}`));
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

function variableError(nodes: VariableDefinitionNode, message: string): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    extensions: { code: 'BAD_USER_INPUT', http: NOT_EXECUTED },
  });
}

/**
 * The executor reads and keeps variables in an ordinary object: `$constructor` would be a function, and
 * `$__proto__` no variable at all, whatever was checked and counted before.
 */
const RESERVED_NAME =
  'Invalid name of a variable: it is a property of every JavaScript object. Rename it.';

/** Several times what the rules of any input allow. Each element is checked and copied many times. */
export const MOST_ELEMENTS = 500;
const TOO_MANY_ELEMENTS = `The lists in the variables of an operation have at most ${MOST_ELEMENTS} elements together.`;

/** The elements of all lists within a value; counts no further than is allowed. */
function elementsIn(value: unknown): number {
  const rest = [value];
  let count = 0;
  while (rest.length > 0 && count <= MOST_ELEMENTS) {
    const next = rest.pop();
    count += Array.isArray(next) ? next.length : 0;
    if (typeof next === 'object' && next !== null) {
      rest.push(...Object.values(next));
    }
  }
  return count;
}

/** Ends the check of a value: its further errors are not reported. */
class EnoughErrors extends Error {}

function isVariableError(error: GraphQLError): boolean {
  return error.path === undefined && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}
