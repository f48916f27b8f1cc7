import { type Html, html } from '../../phone/html.ts';
import { both } from '../../phone/texts.ts';

const SERVICE_ORDERS = '/v3/payscore/serviceorder';
const PAY_AFTER = '/v3/payscore/payafter-orders';
const PERMISSIONS = '/v3/payscore/permissions';

type Endpoint = readonly ['GET' | 'POST', string, string, string];

/** WeChat Pay's endpoints of the sandbox: method, path, and what they do in both languages. */
const ENDPOINTS: readonly Endpoint[] = [
  ['POST', PAY_AFTER, '创建先享后付订单', 'create'],
  ['GET', PAY_AFTER, '查询先享后付订单', 'query'],
  ['POST', `${PAY_AFTER}/{out_order_no}/complete`, '完结先享后付订单', 'complete'],
  ['POST', `${PAY_AFTER}/{out_order_no}/cancel`, '撤销先享后付订单', 'cancel'],
  ['POST', `${PAY_AFTER}/{out_order_no}/sync`, '支付分订单同步', 'sync: the user paid elsewhere'],
  ['POST', SERVICE_ORDERS, '创建支付分订单', 'create a service order'],
  ['GET', SERVICE_ORDERS, '查询支付分订单', 'query'],
  ['POST', `${SERVICE_ORDERS}/{out_order_no}/complete`, '完结支付分订单', 'complete'],
  ['POST', `${SERVICE_ORDERS}/{out_order_no}/modify`, '修改订单金额', 'lower the amount'],
  ['POST', `${SERVICE_ORDERS}/{out_order_no}/cancel`, '取消支付分订单', 'cancel'],
  ['POST', `${SERVICE_ORDERS}/{out_order_no}/pay`, '商户发起催收扣款', 'collect'],
  ['POST', `${SERVICE_ORDERS}/{out_order_no}/sync`, '同步服务订单信息', 'sync'],
  [
    'POST',
    `${SERVICE_ORDERS}/{out_order_no}/send-prepaidmessage`,
    '下发服务预扣费消息',
    'message before a debit',
  ],
  [
    'POST',
    `${SERVICE_ORDERS}/{out_order_no}/send-pendingmessage`,
    '下发服务费用待处理消息',
    'message about a pending fee',
  ],
  ['POST', PERMISSIONS, '商户预授权', 'apply for a permission'],
  ...(['authorization-code/{authorization_code}', 'openid/{openid}'] as const).flatMap(
    (key): readonly Endpoint[] => [
      ['GET', `${PERMISSIONS}/${key}`, '查询授权', 'query it'],
      ['POST', `${PERMISSIONS}/${key}/terminate`, '解除授权', 'end it'],
    ],
  ),
  ['GET', '/v3/payscore/user-service-state', '查询用户授权状态', 'has the user authorized it?'],
  ['GET', '/v3/certificates', '获取平台证书', 'platform certificates'],
  ['POST', '/v3/security/echo', '签名验签/加解密测试', 'test of signatures and encryption'],
];

/** The table of WeChat Pay's endpoints. */
export function endpointTable(): Html {
  return html`<table class="endpoints">
    <tbody>${ENDPOINTS.map(
      ([method, path, zh, en]) =>
        html`<tr><td><code>${method}</code></td><td><code>${path}</code></td><td>${both(zh, en)}</td></tr>`,
    )}</tbody>
  </table>`;
}
