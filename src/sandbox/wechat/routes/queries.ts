import { beijingRfc3339 } from '../../clock.ts';
import { seal } from '../../http/seal.ts';
import { queryAnswer } from '../../orders/order-views.ts';
import { success } from '../answer.ts';
import { noSuchResource, paramError } from '../refusal.ts';
import {
  mustBeBound,
  mustBeBoundByAnalogy,
  queriedOrder,
  requiredParameter,
} from './parameters.ts';
import type { Route } from './route.ts';

/** 查询先享后付订单, by exactly one of out_order_no and query_id. */
export const query: Route = {
  kind: 'query',
  method: 'GET',
  path: '/v3/payscore/payafter-orders',
  handle: (call, sandbox) => {
    const { identity, orders, rules } = sandbox;
    const order = queriedOrder(call, orders, sandbox, mustBeBoundByAnalogy);
    return { answer: success(queryAnswer(order, identity.credentials.WECHAT_MCHID, rules)) };
  },
};

/** 查询用户授权状态: whether a user has authorized the service. */
export const userServiceState: Route = {
  kind: 'user-service-state',
  method: 'GET',
  path: '/v3/payscore/user-service-state',
  handle: (call, sandbox) => {
    const appid = requiredParameter(call.query, 'appid');
    const serviceId = requiredParameter(call.query, 'service_id');
    const openid = requiredParameter(call.query, 'openid');
    mustBeBound(appid, serviceId, sandbox);
    return {
      answer: success({
        appid,
        service_id: serviceId,
        openid,
        use_service_state: sandbox.users.stateOf(openid),
      }),
    };
  },
};

const ASSOCIATED_DATA = 'certificate';

/** 获取平台证书: the certificates in AES-256-GCM with the APIv3 key. */
export const certificates: Route = {
  kind: 'certificates',
  method: 'GET',
  path: '/v3/certificates',
  handle: (call, { identity, rules }) => {
    const algorithm = call.query.get('algorithm_type') ?? 'RSA';
    if (!['RSA', 'SM2', 'ALL'].includes(algorithm)) {
      const issue = 'one of RSA, SM2, ALL';
      throw paramError('参数错误', { field: 'algorithm_type', issue, location: 'query' });
    }
    if (rules.certificates === 'none' || algorithm === 'SM2') {
      throw noSuchResource('无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。');
    }
    const data = identity.certificates.map(({ serial, pem, effectiveMs, expireMs }) => ({
      serial_no: serial,
      effective_time: beijingRfc3339(effectiveMs),
      expire_time: beijingRfc3339(expireMs),
      encrypt_certificate: seal(pem, identity.credentials.WECHAT_APIV3_KEY, ASSOCIATED_DATA),
    }));
    return { answer: success({ data }) };
  },
};
