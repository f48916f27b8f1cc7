import { readOutcome } from '../calls/call-outcome.ts';
import { prepare } from '../calls/request.ts';
import { type CallContext, deadlineIn, runAttempts } from '../calls/run-attempts.ts';
import { decode, type Wire } from '../codec/codec.ts';
import { type UserServiceState, userServiceState } from '../codec/wire-types.ts';
import type { QueryOptions } from './query-order.ts';

export interface UserServiceStateQuery {
  readonly appid: string;
  readonly serviceId: string;
  readonly openid: string;
}

/**
 * 查询用户授权状态: whether a user has authorized the service.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
export async function queryUserServiceState(
  context: CallContext,
  { appid, serviceId, openid }: UserServiceStateQuery,
  { signal }: QueryOptions = {},
): Promise<UserServiceState> {
  const call = {
    ...prepare('GET', '/v3/payscore/user-service-state', { service_id: serviceId, appid, openid }),
    read: (wire: Wire) => {
      const state = decode(userServiceState, wire, context.onUnreadableField);
      const isOwn =
        state?.appid === appid &&
        state.serviceId === serviceId &&
        (state.openid === null || state.openid === openid);
      return isOwn ? state : undefined;
    },
    signal,
  };
  return readOutcome(await runAttempts(call, context, deadlineIn(context.budgetMs)));
}
