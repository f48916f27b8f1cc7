import { GraphQLError, Kind } from 'graphql';

/**
 * graphql and Yoga quote the caller's input in errors: literals, variables, JSON. It may be
 * personal data. Rewrites their errors without it; names from the document may stay.
 */
export function withoutValues(error: GraphQLError): GraphQLError {
  switch (error.extensions['code']) {
    case 'GRAPHQL_PARSE_FAILED':
      return rebuilt(error, syntaxMessage(error));
    case 'GRAPHQL_VALIDATION_FAILED':
      return rebuilt(error, typeMessage(error.message));
    case 'OPERATION_RESOLUTION_FAILURE':
      return rebuilt(error, error.message, BAD_USER_INPUT);
    case 'BAD_REQUEST':
      if (error.message === MUTATION_BY_GET) {
        return mutationByGet();
      }
      return refused(kept(error.message, REQUEST_MESSAGES, NOT_A_REQUEST));
    case undefined:
      return rebuilt(
        error,
        kept(error.message, OPERATION_MESSAGES, NOT_EXECUTABLE),
        BAD_USER_INPUT,
      );
    default:
      return error;
  }
}

/**
 * Of an error without a code: a resolver failed, or returned what the schema does not allow. Those about
 * a request are located at an argument, or nowhere.
 */
export function isServerFault({ message, nodes, path }: GraphQLError): boolean {
  const isAtField = path !== undefined && nodes?.[0]?.kind === Kind.FIELD;
  return isAtField && !OPERATION_MESSAGES.test(message);
}

const BAD_USER_INPUT = 'BAD_USER_INPUT';
const NOT_A_REQUEST =
  'The body is not a GraphQL request: an object of query, variables, operationName and extensions.';
/** Yoga's message. */
const MUTATION_BY_GET = 'Can only perform a mutation operation from a POST request.';
const NOT_EXECUTABLE = 'The operation can not be executed with these variables or this name.';
const REQUEST_MESSAGES =
  /^(POST body sent invalid JSON\.|POST body is expected to be object but received \w+|Must provide query string\.|Batching is not supported\.|Expected [\w" ]+, but given \w+\.|Request body (is too large|exceeds)[\w .]*)$/;
const OPERATION_MESSAGES =
  /^(Must provide operation name if query contains multiple operations\.|Argument "\w+" of required type "[\w![\]]+" was not provided\.)$/;
const SYNTAX_MESSAGES =
  /^Syntax Error: (Expected [^,]{1,40}, found|Unexpected) (<EOF>|"[^\w\s"']{1,3}"|Name)\.$|^Syntax Error: Document contains more than \d+ tokens\.|^The document is too long: at most \d+ characters in \d+ lines\. Send values as variables\.$/;

/** Where graphql's messages about a wrong type begin to quote the input. */
const QUOTATION =
  /, found: |; found: |, but encountered error "| not to include unknown field "(?=.*(?:, f|F)ound: )|(?<=^(?:\w+|Enum "\w+") cannot represent [\w -]*value): /;
const ENUM_QUOTATION = /^Value ".*" (does not exist in "\w+" enum)\..*$/s;

/** A name of the caller is not a value; what is not a name could be one. */
const UNKNOWN_FIELD =
  /^(Expected value of type "[\w![\]]+" not to include unknown field "[_A-Za-z]\w{0,63}")(?:(\. Did you mean(?: (?:or )?"\w+",?)+\?) Found|, found): .*$/s;

/** graphql's message about a wrong type, without the quoted input. */
export function typeMessage(message: string): string {
  const [, unknown, suggestion = '.'] = UNKNOWN_FIELD.exec(message) ?? [];
  if (unknown !== undefined) {
    return `${unknown}${suggestion}`;
  }
  const [kept = ''] = message.replace(ENUM_QUOTATION, 'The value $1, found: ').split(QUOTATION, 1);
  if (kept === message) {
    return message;
  }
  return message.startsWith(`${kept} not to include unknown field "`)
    ? `${kept} not to include unknown fields.`
    : `${kept}.`;
}

/** Not even names are kept: unbalanced quotes could turn half of a value into one. */
function syntaxMessage({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return kept(
    message.replace(/ Name "\w+"\.$/, ' Name.'),
    SYNTAX_MESSAGES,
    at ? `Syntax Error at line ${at.line}, column ${at.column}.` : 'Syntax Error.',
  );
}

function kept(message: string, harmless: RegExp, instead: string): string {
  return harmless.test(message) ? message : instead;
}

/** A request that is not GraphQL is 400 for every caller; Yoga responds to some with 200. */
function refused(message: string): GraphQLError {
  const extensions = { code: BAD_USER_INPUT, http: { status: 400 } };
  return new GraphQLError(message, { extensions });
}

function mutationByGet(): GraphQLError {
  const http = { status: 405, headers: { allow: 'POST' } };
  return new GraphQLError('A mutation by GET is not executed. Send a POST.', {
    extensions: { code: 'METHOD_NOT_ALLOWED', http },
  });
}

function rebuilt(error: GraphQLError, message: string, code?: string): GraphQLError {
  const { nodes, source, positions, path, extensions } = error;
  const { originalError: _, ...others } = extensions;
  return new GraphQLError(message, {
    nodes,
    source,
    positions,
    path,
    extensions: { ...others, ...(code && { code }) },
  });
}
