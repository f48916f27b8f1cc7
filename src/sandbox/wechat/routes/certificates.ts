import { beijingRfc3339 } from '../../clock.ts';
import { seal } from '../../http/seal.ts';
import { success } from '../answer.ts';
import { noSuchResource, paramError } from '../refusal.ts';
import type { Route } from './route.ts';

const ASSOCIATED_DATA = 'certificate';

/** 获取平台证书: the certificates in AES-256-GCM under the APIv3 key, signed by the newest of them. */
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
    return { answer: success({ data }, 'certificate') };
  },
};
