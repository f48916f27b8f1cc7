import { readIfPresent, readOutcome } from '../calls/call-outcome.ts';
import { prepare, scalarsIn } from '../calls/request.ts';
import {
  type CallContext,
  type CallOutcome,
  type Deadline,
  deadlineIn,
  runAttempts,
} from '../calls/run-attempts.ts';
import { decode, encode, type Request, type Wire } from '../codec/codec.ts';
import {
  type AssessedUser,
  assessedUser,
  assessUserRequest,
  type Permission,
  permission,
} from '../codec/service-order-types.ts';
import type { QueryOptions } from './query-order.ts';

export const PERMISSIONS = '/v3/payscore/permissions';

/** Exactly one of the two: the merchant's own number, or the user. */
export type PermissionKey = { readonly authorizationCode: string } | { readonly openid: string };

export type PermissionQuery = PermissionKey & {
  readonly appid: string;
  readonly serviceId: string;
};

/** By the permission, the user, or both: which of them have to be given is not documented. */
export type AssessUserRequest = PermissionQuery &
  Pick<Request<typeof assessUserRequest>, 'shoppingInfo'>;

/**
 * 查询授权记录, by the merchant's number or by the user. Null if WeChat Pay has no such
 * permission, as its signature proves.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
export async function queryPermission(
  context: CallContext,
  query: PermissionQuery,
  { signal, deadline }: QueryOptions = {},
): Promise<Permission | null> {
  const latest = deadlineIn(context.budgetMs, deadline);
  return readIfPresent(await runPermissionQuery(context, query, latest, signal));
}

export function runPermissionQuery(
  context: CallContext,
  query: PermissionQuery,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<CallOutcome<Permission>> {
  const { appid, serviceId } = query;
  const call = {
    ...prepare('GET', pathOf(query), {
      service_id: serviceId,
      appid: 'authorizationCode' in query ? undefined : appid,
    }),
    endpoint: `GET ${templateOf(query)}`,
    // The path has one of its values.
    sent: () => scalarsIn(query),
    read: (wire: Wire) => {
      const shown = decode(permission, wire, context.onUnreadableField);
      return shown && isOwnPermission(shown, query, context) ? shown : undefined;
    },
    signal,
  };
  return runAttempts(call, context, deadline);
}

/**
 * 商户评估用户分层: how WeChat Pay rates the user for a purchase. It changes nothing that is documented: an
 * attempt without an answer is repeated.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
export async function assessUser(
  context: CallContext,
  request: AssessUserRequest,
  { signal, deadline }: QueryOptions = {},
): Promise<AssessedUser> {
  const body = encode(assessUserRequest, request, (plaintext) => plaintext);
  const call = {
    ...prepare('POST', `${PERMISSIONS}/assess-user-risk-level`, {}, body),
    writes: false,
    read: (wire: Wire) => {
      const shown = decode(assessedUser, wire, context.onUnreadableField);
      const isOwn = shown && isOwnPermission(shown, request, context) && isOfUser(shown, request);
      return isOwn ? shown : undefined;
    },
    signal,
  };
  return readOutcome(await runAttempts(call, context, deadlineIn(context.budgetMs, deadline)));
}

/** What names a permission in a request; a request to assess a user may name both. */
interface SentKey {
  readonly appid: string;
  readonly serviceId: string;
  readonly authorizationCode?: string | undefined;
  readonly openid?: string | undefined;
}

/** Whether a permission is that of the request. One without the user may be. */
function isOwnPermission(
  shown: Permission,
  { appid, serviceId, authorizationCode, openid }: SentKey,
  { credential }: CallContext,
): boolean {
  return (
    shown.mchid === credential.mchid &&
    shown.appid === appid &&
    shown.serviceId === serviceId &&
    (authorizationCode === undefined || shown.authorizationCode === authorizationCode) &&
    (openid === undefined || shown.openid === null || shown.openid === openid)
  );
}

/** Whether it cannot be the permission of another user, as one may be that names none. */
export function isOfUser({ openid }: Permission, key: PermissionKey): boolean {
  return 'authorizationCode' in key || openid === key.openid;
}

export function pathOf(key: PermissionKey): string {
  return 'authorizationCode' in key
    ? `${PERMISSIONS}/authorization-code/${encodeURIComponent(key.authorizationCode)}`
    : `${PERMISSIONS}/openid/${encodeURIComponent(key.openid)}`;
}

/** The path without values, for metrics. */
export function templateOf(key: PermissionKey): string {
  return 'authorizationCode' in key
    ? `${PERMISSIONS}/authorization-code/{authorization_code}`
    : `${PERMISSIONS}/openid/{openid}`;
}
