import { GraphQLError } from 'graphql';
import type { InputIssue } from '../orders/rules/input-issue.ts';
import {
  type WechatError,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../wechat/index.ts';

/** The GraphQL error of a failing query. What is not an expected failure passes, to be masked. */
export function queryError(error: unknown): unknown {
  if (error instanceof WechatRefusedError) {
    return graphqlError(error, 'WECHAT_REFUSED', false);
  }
  if (error instanceof WechatUnavailableError) {
    return graphqlError(error, 'WECHAT_UNAVAILABLE', true);
  }
  return error instanceof WechatUntrustedError
    ? graphqlError(error, 'WECHAT_UNTRUSTED', true)
    : error;
}

/** An argument that no rule of an input covers. */
export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** A bad argument of a query, all issues at once. */
export function badArguments(
  issues: readonly InputIssue[],
  effect = 'Nothing was sent to WeChat Pay.',
): GraphQLError {
  const fields = issues.map(({ path }) => path.join('.')).join(', ');
  return new GraphQLError(`${effect} Mend these arguments: ${fields}.`, {
    extensions: { code: 'BAD_USER_INPUT', issues },
  });
}

function graphqlError(error: WechatError, code: string, retryable: boolean): GraphQLError {
  const { message, status, code: wechatCode, requestId } = error;
  const answered =
    status === null ? {} : { wechat: { status, code: wechatCode, requestId, retryable } };
  return new GraphQLError(message, { extensions: { code, ...answered } });
}
