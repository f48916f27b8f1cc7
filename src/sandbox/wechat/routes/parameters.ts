import type { SandboxState } from '../../sandbox.ts';
import { notBound, paramError } from '../refusal.ts';

/** A required query parameter. 400 PARAM_ERROR if it is missing. */
export function requiredParameter(query: URLSearchParams, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') {
    throw paramError('参数错误', { field: name, issue: 'required', location: 'query' });
  }
  return value;
}

/** 403 NO_AUTH if the appid or service_id is not this merchant's. */
export function mustBeBound(appid: unknown, serviceId: unknown, sandbox: SandboxState): void {
  const { WECHAT_APPID, WECHAT_SERVICE_ID } = sandbox.identity.credentials;
  if (appid !== WECHAT_APPID || serviceId !== WECHAT_SERVICE_ID) {
    throw notBound();
  }
}
