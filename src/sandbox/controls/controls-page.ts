import type { Control } from './control.ts';

const WECHAT: readonly (readonly [string, string, string])[] = [
  ['POST', '/v3/payscore/payafter-orders', '创建先享后付订单 <span lang="en">create</span>'],
  ['GET', '/v3/payscore/payafter-orders', '查询先享后付订单 <span lang="en">query</span>'],
  [
    'POST',
    '/v3/payscore/payafter-orders/{out_order_no}/complete',
    '完结先享后付订单 <span lang="en">complete</span>',
  ],
  [
    'POST',
    '/v3/payscore/payafter-orders/{out_order_no}/cancel',
    '撤销先享后付订单 <span lang="en">cancel</span>',
  ],
  [
    'POST',
    '/v3/payscore/payafter-orders/{out_order_no}/sync',
    '支付分订单同步 <span lang="en">sync: the user paid elsewhere</span>',
  ],
  [
    'GET',
    '/v3/payscore/user-service-state',
    '查询用户授权状态 <span lang="en">has the user authorised the service?</span>',
  ],
  ['GET', '/v3/certificates', '获取平台证书 <span lang="en">platform certificates</span>'],
  [
    'POST',
    '/v3/security/echo',
    '签名验签/加解密测试 <span lang="en">test of signatures and encryption</span>',
  ],
  [
    'POST',
    '/v3/payscore/serviceorder',
    '创建支付分订单 <span lang="en">create a service order</span>',
  ],
  ['GET', '/v3/payscore/serviceorder', '查询支付分订单 <span lang="en">query</span>'],
  ...(['complete', 'modify', 'cancel', 'pay', 'sync'] as const).map(
    (name): readonly [string, string, string] => [
      'POST',
      `/v3/payscore/serviceorder/{out_order_no}/${name}`,
      `支付分订单 <span lang="en">${name} a service order</span>`,
    ],
  ),
  ['POST', '/v3/payscore/permissions', '商户预授权 <span lang="en">apply for a permission</span>'],
  ...(['authorization-code/{authorization_code}', 'openid/{openid}'] as const).flatMap(
    (key): readonly (readonly [string, string, string])[] => [
      ['GET', `/v3/payscore/permissions/${key}`, '查询授权 <span lang="en">query it</span>'],
      [
        'POST',
        `/v3/payscore/permissions/${key}/terminate`,
        '解除授权 <span lang="en">end it</span>',
      ],
    ],
  ),
];

const STYLE = `body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8884;padding:.3rem .6rem;vertical-align:top}
td:first-child{white-space:nowrap}
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}span{opacity:.75;display:block}:root{color-scheme:light dark}`;

/**
 * The page at `/sandbox`, a list of all controls. It is generated from the controls, so it is
 * complete.
 */
export function controlsPage(controls: readonly Control[], nonce: string): string {
  const rows = controls.map(({ method, path, zh, en, example }) => {
    const body = example === undefined ? '' : ` <code>${example}</code>`;
    return [method, path, `${zh} <span lang="en">${en}</span>${body}`] as const;
  });
  return `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>先享后付沙箱 · Pay-after sandbox</title>
<style nonce="${nonce}">${STYLE}</style>
<h1>先享后付沙箱 <span lang="en">WeChat Pay pay-after sandbox</span></h1>
<p>模拟微信支付一侧的接口，状态只在内存中。
<span lang="en">Simulates WeChat Pay. All state is in memory and is lost when it stops.</span></p>
<p><a href="/">用户手机 <span lang="en">The user's phone: confirm, decline, pay, and watch the notifications</span></a></p>
<h2>微信支付接口 <span lang="en">WeChat's endpoints (signed with the merchant's key)</span></h2>
${table(WECHAT)}
<h2>控制 <span lang="en">Controls (from this machine only)</span></h2>
${table(rows)}
</html>
`;
}

function table(rows: readonly (readonly [string, string, string])[]): string {
  const lines = rows.map(
    ([method, path, text]) =>
      `<tr><td><code>${method}</code><td><code>${path}</code><td>${text}</tr>`,
  );
  return `<table>\n${lines.join('\n')}\n</table>`;
}
