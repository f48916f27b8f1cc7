import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLDirective,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type VariableValues,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Caller, type CallerContext, callerOf } from '../../auth/caller.ts';
import { createShares, type RateLimit } from '../../auth/rate-limit.ts';
import { overloaded } from '../../http/overloaded.ts';
import { typeMessage } from '../documents/redact-values.ts';

/**
 * Rejects an operation whose caller exceeds the rate limit, before its document is parsed: a document
 * that is then refused costs a token too. Register it before every plugin that parses. The response says
 * what is left to the caller, in the headers that clients and gateways read today: those of
 * draft-ietf-httpapi-ratelimit-headers before version 8.
 */
export function useRateLimit(rateLimit: RateLimit): Plugin<CallerContext> {
  const asked = new WeakMap<Request, Caller>();
  return {
    onParse: ({ context }) => {
      const caller = callerOf(context);
      // Over WebSocket there is none.
      const request: Request | undefined = context.request;
      if (request !== undefined) {
        asked.set(request, caller);
      }
      const seconds = rateLimit.admit(caller);
      if (seconds > 0) {
        throw rateLimited(seconds);
      }
    },
    onResponse: ({ request, response: { headers } }) => {
      const caller = asked.get(request);
      const quota = caller && rateLimit.left(caller);
      if (quota !== undefined) {
        headers.set('ratelimit-limit', String(quota.limit));
        headers.set('ratelimit-remaining', String(quota.remaining));
        headers.set('ratelimit-reset', String(quota.resetSeconds));
      }
    },
  };
}

function rateLimited(seconds: number): GraphQLError {
  const message = `Rate limit exceeded. Retry after ${seconds} s.`;
  return new GraphQLError(message, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds: seconds,
      http: { status: 429, headers: { 'retry-after': String(seconds) } },
    },
  });
}

/** At most 64 KB each. */
export const MAX_BODIES = 1_024;

/**
 * Limits the bodies that are being read: an operation occupies a slot only once its body is there, so
 * that one caller could hold the bodies of thousands of connections, each for as long as a request may
 * take. Of the places each caller gets a share, as of the slots. Register it after every plugin that
 * replaces the parser of requests.
 */
export function useBodyPlaces(): Plugin<object, CallerContext> {
  const shares = createShares(MAX_BODIES);
  return {
    onRequestParse: ({ request, serverContext, requestParser, setRequestParser }) => {
      // Most bodies arrive together with their headers.
      if (requestParser === undefined || request.method === 'GET' || serverContext.req?.complete) {
        return;
      }
      const caller = callerOf(serverContext);
      if (shares.of(caller).some(({ underWay, most }) => underWay >= most)) {
        throw overloaded();
      }
      const own = shares.take(caller);
      for (const share of own) {
        share.underWay += 1;
      }
      setRequestParser(async (read) => {
        try {
          return await requestParser(read);
        } finally {
          for (const share of own) {
            share.underWay -= 1;
          }
          shares.forget(caller);
        }
      });
    },
  };
}

/** Rows of the ledger that one operation may ask for: measured, some 10 ms of the event loop. */
export const MAX_ROWS = 1_000;
/** So many rows cost about as much as a call to WeChat Pay. */
export const ROWS_PER_CALL = 100;
/** A subscription reads them again for each event, and is charged once. */
export const MAX_ROWS_PER_EVENT = 100;

type RowArgs = ExecutionArgs & { readonly contextValue: CallerContext };

/**
 * Refuses an operation that asks for too many rows of the ledger, before anything is read, and
 * charges its caller for many. The requested size counts: a page of 100 orders with 20 events
 * each is 2,100 rows. Register it after the rate limit and the check of variables.
 */
export function useRowLimit({ charge }: Pick<RateLimit, 'charge'>): Plugin<CallerContext> {
  /** Operations without a page of anything, whatever their variables are. */
  const free = new WeakSet<OperationDefinitionNode>();
  const refusal = (args: RowArgs, most: number) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation || free.has(operation)) {
      return undefined;
    }
    const { document, isWhole } = selectedPart(args, operation);
    const rows = countRows(args, document);
    if (rows instanceof GraphQLError) {
      return { errors: [rows] };
    }
    if (rows === 0 && isWhole) {
      free.add(operation);
    }
    if (rows > most) {
      return { errors: [tooManyRows(rows, most)] };
    }
    // The first call was paid for when the operation was admitted.
    const calls = Math.ceil(rows / ROWS_PER_CALL) - 1;
    if (calls > 0) {
      charge(callerOf(args.contextValue), calls);
    }
    return undefined;
  };
  return {
    onExecute: ({ args, setResultAndStopExecution }) => {
      const refused = refusal(args, MAX_ROWS);
      if (refused) {
        setResultAndStopExecution(refused);
      }
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const refused = refusal(args, MAX_ROWS_PER_EVENT);
      if (refused) {
        setResultAndStopExecution(refused);
      }
    },
  };
}

/**
 * Each page counts for at least one row, so that 0 does not depend on variables. An error if a page
 * refuses its arguments or its caller: once, not in every row.
 */
function countRows(
  { schema, variableValues, contextValue }: RowArgs,
  document: DocumentNode,
): number | GraphQLError {
  const variables = variableValues ?? {};
  try {
    return complexityFromQuery(document, { schema, variables, ctx: contextValue }).complexity;
  } catch (error) {
    if (!(error instanceof GraphQLError)) {
      throw error;
    }
    const isForbidden = error.extensions['code'] === FORBIDDEN.code;
    return notExecuted(typeMessage(error.message), isForbidden ? FORBIDDEN : BAD_USER_INPUT);
  }
}

/** One operation and all fragments, without the fields that a directive leaves out. */
function selectedPart(
  { schema, document, variableValues }: RowArgs,
  operation: OperationDefinitionNode,
): { readonly document: DocumentNode; readonly isWhole: boolean } {
  const definitions = document.definitions.filter(
    (definition) => definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION,
  );
  const whole = { ...document, definitions };
  if (document.loc?.source.body.includes('@') === false) {
    return { document: whole, isWhole: true };
  }
  const { variableValues: values } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variableValues ?? {},
  );
  const part: DocumentNode = visit(whole, {
    enter: (node) =>
      'directives' in node && isLeftOut(node.directives, values) ? null : undefined,
  });
  return { document: part, isWhole: part === whole };
}

/** A fragment of another operation may need variables that this one does not have: it is counted. */
function isLeftOut(
  directives: readonly DirectiveNode[] = [],
  values: VariableValues | undefined,
): boolean {
  const isSet = (directive: GraphQLDirective) =>
    getDirectiveValues(directive, { directives }, values)?.['if'];
  try {
    return isSet(GraphQLSkipDirective) === true || isSet(GraphQLIncludeDirective) === false;
  } catch {
    return false;
  }
}

function tooManyRows(rows: number, most: number): GraphQLError {
  return notExecuted(
    `The operation asks for up to ${rows} rows, orders and events together; at most ${most} are allowed. Ask for smaller pages (first), and for the rest in another request.`,
  );
}

const BAD_USER_INPUT = { code: 'BAD_USER_INPUT', status: 400 };
const FORBIDDEN = { code: 'FORBIDDEN', status: 403 };

function notExecuted(message: string, { code, status } = BAD_USER_INPUT): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { spec: true, status } } });
}
