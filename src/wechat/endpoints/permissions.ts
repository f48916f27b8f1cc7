import { readOutcome } from '../calls/call-outcome.ts';
import { isNotFound } from '../calls/refusals.ts';
import { prepare, scalarsIn } from '../calls/request.ts';
import type { Ambiguous } from '../calls/retry-policy.ts';
import {
  type Call,
  type CallContext,
  type CallOutcome,
  type Deadline,
  deadlineIn,
  runAttempts,
} from '../calls/run-attempts.ts';
import { decode, encode, type Wire } from '../codec/codec.ts';
import {
  type AppliedPermission,
  type ApplyPermissionRequest,
  appliedPermission,
  applyPermissionRequest,
  type Permission,
  permission,
  terminateByCodeRequest,
  terminateByOpenidRequest,
} from '../codec/service-order-types.ts';
import {
  PermissionInUseError,
  PermissionOutcomeUnknownError,
  type Refusal,
  WechatRefusedError,
  WechatUnavailableError,
} from '../errors.ts';
import type { QueryOptions } from './query-order.ts';
import type { WriteOptions } from './send-write.ts';

const PERMISSIONS = '/v3/payscore/permissions';
/** WeChat Pay's words for it: its error number is not documented. */
const OPEN_ORDERS = '存在未完成订单';

/** Exactly one of the two: the merchant's own number, or the user. */
export type PermissionKey = { readonly authorizationCode: string } | { readonly openid: string };

export type PermissionQuery = PermissionKey & {
  readonly appid: string;
  readonly serviceId: string;
};

export type TerminatePermissionRequest = PermissionQuery & {
  /** The user sees it. */
  readonly reason: string;
};

type PermissionWriteOptions = Pick<WriteOptions<Permission>, 'onSent'>;

/** The calls about permissions. */
export interface Permissions {
  readonly apply: (
    request: ApplyPermissionRequest,
    options?: PermissionWriteOptions,
  ) => Promise<AppliedPermission>;
  readonly query: (query: PermissionQuery, options?: QueryOptions) => Promise<Permission | null>;
  readonly terminate: (
    request: TerminatePermissionRequest,
    options?: PermissionWriteOptions,
  ) => Promise<Permission>;
}

/** @param track keeps the client open until the call has ended */
export function createPermissions(
  context: () => CallContext,
  track: <T>(call: Promise<T>) => Promise<T>,
): Permissions {
  return {
    apply: (request, how) => track(applyPermission(context(), request, how)),
    query: (query, how) => track(queryPermission(context(), query, how)),
    terminate: (request, how) => track(terminatePermission(context(), request, how)),
  };
}

/**
 * 商户预授权: asks for a token that opens the page on which the user permits orders without confirmation.
 * Nothing changes before the user does so: an attempt without an answer is repeated.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
async function applyPermission(
  context: CallContext,
  request: ApplyPermissionRequest,
  { onSent }: PermissionWriteOptions = {},
): Promise<AppliedPermission> {
  const body = encode(applyPermissionRequest, request, (plaintext) => plaintext);
  const call = {
    ...prepare('POST', PERMISSIONS, {}, body),
    writes: false,
    read: (wire: Wire) => decode(appliedPermission, wire, context.onUnreadableField),
  };
  const settled = await runAttempts(call, context, deadlineIn(context.budgetMs));
  onSent?.(settled.sent);
  return readOutcome(settled);
}

/**
 * 查询授权记录, by the merchant's number or by the user. Null if WeChat Pay has no such permission.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
async function queryPermission(
  context: CallContext,
  query: PermissionQuery,
  { signal, deadline }: QueryOptions = {},
): Promise<Permission | null> {
  const settled = await runPermissionQuery(
    context,
    query,
    deadlineIn(context.budgetMs, deadline),
    signal,
  );
  return settled.step === 'refuse' && isNotFound(settled.refusal) ? null : readOutcome(settled);
}

/**
 * 解除授权. WeChat Pay answers without a body: a query shows the effect, also after an attempt without
 * an answer, and after a refusal, which may be that of a repeat.
 * @throws WechatRefusedError, WechatUnavailableError, PermissionInUseError,
 *   PermissionOutcomeUnknownError
 */
async function terminatePermission(
  context: CallContext,
  request: TerminatePermissionRequest,
  { onSent }: PermissionWriteOptions = {},
): Promise<Permission> {
  const deadline = deadlineIn(context.budgetMs);
  const settled = await runAttempts(terminateCall(request), context, deadline);
  onSent?.(settled.sent);
  if (settled.step === 'stop' && settled.last.kind === 'not-accepted') {
    throw new WechatUnavailableError(settled.last.what, settled.last);
  }
  if (settled.step === 'query' && !settled.refusal.verified) {
    const { status, code, requestId } = settled.refusal;
    const endpoint = `POST ${templateOf(request)}/terminate`;
    context.onUnverifiedRefusal({ endpoint, status, code, requestId });
  }
  const shown = await runPermissionQuery(context, request, deadline);
  const found = shown.step === 'answer' ? shown.answer : undefined;
  const isEnded = found?.authorizationState === 'UNAVAILABLE';
  // Without the user it may be the permission of another one.
  const isOwn = 'authorizationCode' in request || found?.openid === request.openid;
  if (found !== undefined && isEnded && isOwn) {
    return found;
  }
  if (settled.step === 'refuse') {
    throw terminateRefusal(settled.refusal);
  }
  if (settled.step === 'query' && settled.ambiguous === undefined && found && !isEnded) {
    throw terminateRefusal(settled.refusal);
  }
  throw new PermissionOutcomeUnknownError(
    settled.step === 'stop' && settled.last.kind === 'ambiguous' ? settled.last : NOT_SHOWN,
  );
}

const NOT_SHOWN: Ambiguous = {
  kind: 'ambiguous',
  reason: 'UNTRUSTED_ANSWER',
  what: 'A query does not show that the permission has ended.',
  status: null,
  code: null,
  requestId: null,
};

function terminateRefusal(refusal: Refusal): Error {
  return refusal.explanation?.includes(OPEN_ORDERS)
    ? new PermissionInUseError(refusal)
    : new WechatRefusedError(refusal);
}

function terminateCall(request: TerminatePermissionRequest): Call<'accepted'> {
  const byCode = 'authorizationCode' in request;
  const body = byCode
    ? encode(terminateByCodeRequest, request, (plaintext) => plaintext)
    : encode(terminateByOpenidRequest, request, (plaintext) => plaintext);
  return {
    ...prepare('POST', `${pathOf(request)}/terminate`, {}, body),
    sent: () => scalarsIn(request),
    endpoint: `POST ${templateOf(request)}/terminate`,
    // Documented as 204: a body is the answer to another call.
    read: (wire: Wire) => (Object.keys(wire).length === 0 ? 'accepted' : undefined),
  };
}

function runPermissionQuery(
  context: CallContext,
  query: PermissionQuery,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<CallOutcome<Permission>> {
  const { appid, serviceId } = query;
  const { mchid } = context.credential;
  const named = 'authorizationCode' in query;
  const call = {
    ...prepare('GET', pathOf(query), {
      service_id: serviceId,
      appid: named ? undefined : appid,
    }),
    endpoint: `GET ${templateOf(query)}`,
    // The path has one of its values.
    sent: () => scalarsIn(query),
    read: (wire: Wire) => {
      const shown = decode(permission, wire, context.onUnreadableField);
      const isOwn =
        shown?.mchid === mchid &&
        shown.appid === appid &&
        shown.serviceId === serviceId &&
        (named
          ? shown.authorizationCode === query.authorizationCode
          : shown.openid === null || shown.openid === query.openid);
      return isOwn ? shown : undefined;
    },
    signal,
  };
  return runAttempts(call, context, deadline);
}

function pathOf(key: PermissionKey): string {
  return 'authorizationCode' in key
    ? `${PERMISSIONS}/authorization-code/${encodeURIComponent(key.authorizationCode)}`
    : `${PERMISSIONS}/openid/${encodeURIComponent(key.openid)}`;
}

/** The path without values, for metrics. */
function templateOf(key: PermissionKey): string {
  return 'authorizationCode' in key
    ? `${PERMISSIONS}/authorization-code/{authorization_code}`
    : `${PERMISSIONS}/openid/{openid}`;
}
