import type { SandboxState } from '../../sandbox.ts';
import { notBound, paramError } from '../refusal.ts';

/** A query parameter that must be there. Refused with 400 PARAM_ERROR if it is not. */
export function requiredParameter(query: URLSearchParams, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') {
    throw paramError('参数错误', { field: name, issue: 'required', location: 'query' });
  }
  return value;
}

/** Refuses an appid or service_id that is not this merchant's with 403 NO_AUTH. */
export function mustBeBound(appid: unknown, serviceId: unknown, world: SandboxState): void {
  const { WECHAT_APPID, WECHAT_SERVICE_ID } = world.identity.credentials;
  if (appid !== WECHAT_APPID || serviceId !== WECHAT_SERVICE_ID) {
    throw notBound();
  }
}
