import { success } from '../answer.ts';
import { mustBeBound, requiredParameter } from './parameters.ts';
import type { Route } from './route.ts';

/** 查询用户授权状态: may this user use the service? */
export const userServiceState: Route = {
  kind: 'user-service-state',
  method: 'GET',
  path: '/v3/payscore/user-service-state',
  handle: (call, world) => {
    const appid = requiredParameter(call.query, 'appid');
    const serviceId = requiredParameter(call.query, 'service_id');
    const openid = requiredParameter(call.query, 'openid');
    mustBeBound(appid, serviceId, world);
    return {
      answer: success({
        appid,
        service_id: serviceId,
        openid,
        use_service_state: world.users.stateOf(openid),
      }),
    };
  },
};
