import { type ASTNode, GraphQLError } from 'graphql';
import { LedgerUnavailableError } from '../ledger/ledger.ts';
import type { InputIssue } from '../orders/rules/field-rules.ts';
import { WechatError, type WechatErrorKind, WechatRefusedError } from '../wechat/index.ts';

/** Those of writes are never an answer to a query. */
const QUERY_ERRORS = {
  refused: { code: 'WECHAT_REFUSED', retryable: false },
  unavailable: { code: 'WECHAT_UNAVAILABLE', retryable: true },
  untrusted: { code: 'WECHAT_UNTRUSTED', retryable: true },
  'outcome-unknown': null,
  'order-conflict': null,
  'order-not-found': null,
  'order-state': null,
  'order-busy': null,
  'order-not-started': null,
  'permission-in-use': null,
} as const satisfies Record<
  WechatErrorKind,
  { readonly code: string; readonly retryable: boolean } | null
>;

/**
 * The GraphQL error of a failed query. An unexpected error is returned unchanged, and masked later.
 */
export function queryError(error: unknown): unknown {
  if (error instanceof LedgerUnavailableError) {
    return new GraphQLError('The ledger is unavailable. Retry the query.', {
      extensions: {
        code: 'LEDGER_UNAVAILABLE',
        retryAfterSeconds: error.retryAfterSeconds,
      },
    });
  }
  if (!(error instanceof WechatError)) {
    return error;
  }
  const known = QUERY_ERRORS[error.kind];
  return known === null ? error : graphqlError(error, known);
}

/** The code under which a thrown error is counted and logged. */
export function codeOf(error: unknown): string {
  const code = error instanceof GraphQLError ? error.extensions['code'] : undefined;
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}

/** Waits for what a query reads. Throws GraphQL errors. */
export async function queried<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw queryError(error);
  }
}

/**
 * An argument that no rule of an input covers.
 * @param nodes the literal of the document
 */
export function badUserInput(message: string, nodes?: ASTNode): GraphQLError {
  return new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } });
}

/** The error of invalid arguments, with all issues. */
export function badArguments(
  issues: readonly InputIssue[],
  effect = 'No request was sent to WeChat Pay.',
): GraphQLError {
  const fields = issues.map(({ path }) => path.join('.')).join(', ');
  return new GraphQLError(`Invalid arguments: ${fields}. ${effect}`, {
    extensions: { code: 'BAD_USER_INPUT', issues },
  });
}

function graphqlError(
  error: WechatError,
  { code, retryable }: { readonly code: string; readonly retryable: boolean },
): GraphQLError {
  const { message, status, code: wechatCode, requestId } = error;
  const { field = null, issue = null } = error instanceof WechatRefusedError ? error.refusal : {};
  const detail = { ...(field !== null && { field }), ...(issue !== null && { issue }) };
  const answered =
    status === null
      ? {}
      : { wechat: { status, code: wechatCode, requestId, retryable, ...detail } };
  return new GraphQLError(message, { extensions: { code, ...answered } });
}
