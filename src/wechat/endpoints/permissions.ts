import { readOutcome } from '../calls/call-outcome.ts';
import { NO_CONTENT } from '../calls/classify-response.ts';
import { prepare, scalarsIn } from '../calls/request.ts';
import type { Ambiguous } from '../calls/retry-policy.ts';
import { type Call, type CallContext, deadlineIn, runAttempts } from '../calls/run-attempts.ts';
import { decode, encode, type Wire } from '../codec/codec.ts';
import {
  type AppliedPermission,
  type ApplyPermissionRequest,
  type AssessedUser,
  appliedPermission,
  applyPermissionRequest,
  type Permission,
  terminateByCodeRequest,
  terminateByOpenidRequest,
  terminateByUserRequest,
} from '../codec/service-order-types.ts';
import {
  PermissionInUseError,
  PermissionOutcomeUnknownError,
  type Refusal,
  WechatRefusedError,
  WechatUnavailableError,
} from '../errors.ts';
import {
  type AssessUserRequest,
  assessUser,
  isOfUser,
  PERMISSIONS,
  type PermissionQuery,
  pathOf,
  queryPermission,
  runPermissionQuery,
  templateOf,
} from './permission-query.ts';
import type { QueryOptions } from './query-order.ts';
import type { WriteOptions } from './send-write.ts';

/** WeChat Pay's message: its error number is not documented. */
const OPEN_ORDERS = '存在未完成订单';

export type TerminatePermissionRequest = PermissionQuery & {
  /** The user sees it. */
  readonly reason: string;
};

/** A termination that names the user; always by the openid. */
export type UserTermination = Extract<TerminatePermissionRequest, { readonly openid: string }>;

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
  /** The call of 2020 that `terminate` with an openid has replaced. */
  readonly terminateByUser: (
    request: UserTermination,
    options?: PermissionWriteOptions,
  ) => Promise<Permission>;
  /** 商户评估用户分层, for 先用后付. */
  readonly assessUser: (
    request: AssessUserRequest,
    options?: QueryOptions,
  ) => Promise<AssessedUser>;
}

/** @param track keeps the client open until the call has ended */
export function createPermissions(
  context: () => CallContext,
  track: <T>(call: Promise<T>) => Promise<T>,
): Permissions {
  return {
    apply: (request, how) => track(applyPermission(context(), request, how)),
    query: (query, how) => track(queryPermission(context(), query, how)),
    terminate: (request, how) =>
      track(terminatePermission(context(), request, terminateCall(request), how)),
    terminateByUser: (request, how) =>
      track(terminatePermission(context(), request, terminateByUserCall(request), how)),
    assessUser: (request, how) => track(assessUser(context(), request, how)),
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
 * 解除授权. WeChat Pay answers without a body: a query shows the effect, also after an attempt without
 * an answer, and after a refusal, which may be that of a repeat.
 * @throws WechatRefusedError, WechatUnavailableError, PermissionInUseError,
 *   PermissionOutcomeUnknownError
 */
async function terminatePermission(
  context: CallContext,
  request: TerminatePermissionRequest,
  call: Call<'accepted'>,
  { onSent }: PermissionWriteOptions = {},
): Promise<Permission> {
  const deadline = deadlineIn(context.budgetMs);
  const settled = await runAttempts(call, context, deadline);
  onSent?.(settled.sent);
  if (settled.step === 'stop' && settled.last.kind === 'not-accepted') {
    throw new WechatUnavailableError(settled.last.what, settled.last);
  }
  if (settled.step === 'query' && !settled.refusal.verified) {
    const { status, code, requestId } = settled.refusal;
    context.onUnverifiedRefusal({ endpoint: call.endpoint, status, code, requestId });
  }
  const shown = await runPermissionQuery(context, request, deadline);
  const found = shown.step === 'answer' ? shown.answer : undefined;
  const isEnded = found?.authorizationState === 'UNAVAILABLE';
  if (found !== undefined && isEnded && isOfUser(found, request)) {
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
    read: readAccepted,
  };
}

function terminateByUserCall(request: UserTermination): Call<'accepted'> {
  const [openid, serviceId] = [request.openid, request.serviceId].map(encodeURIComponent);
  const body = encode(terminateByUserRequest, request, (plaintext) => plaintext);
  return {
    ...prepare('POST', `/v3/payscore/users/${openid}/permissions/${serviceId}/terminate`, {}, body),
    sent: () => scalarsIn(request),
    endpoint: 'POST /v3/payscore/users/{openid}/permissions/{service_id}/terminate',
    read: readAccepted,
  };
}

/** Documented as 204: a body is the answer to another call. */
function readAccepted(wire: Wire): 'accepted' | undefined {
  return wire === NO_CONTENT ? 'accepted' : undefined;
}
