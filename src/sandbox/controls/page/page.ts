import { readFileSync } from 'node:fs';
import { beijingDigits } from '../../clock.ts';
import { FAULTS, type Fault, NOTICE_FAULTS } from '../../faults/fault.ts';
import { TARGETS } from '../../faults/read.ts';
import { type Html, html, trusted } from '../../phone/html.ts';
import { lostMessage, PAGE_SCRIPT, PAGE_STYLE } from '../../phone/page.ts';
import { resend } from '../../phone/sidebar.ts';
import { bilingual, both, EVENTS, moment } from '../../phone/texts.ts';
import type { SandboxState } from '../../sandbox.ts';
import type { Control } from '../control.ts';
import { rulesCard } from './rules.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const STYLE = trusted(read('page.css'));
const SCRIPT = trusted(read('page.js'));
const SHOWN_NOTIFICATIONS = 12;

const STEPS: readonly (readonly [number, string, string])[] = [
  [60, '+1 分钟', '1 minute'],
  [3_600, '+1 小时', '1 hour'],
  [86_400, '+1 天', '1 day'],
  [30 * 86_400, '+30 天', '30 days'],
];

/**
 * The page at `/sandbox`: clock, faults, notifications and rules as buttons, and every control as a
 * form. The list of controls is generated from them, so it is complete.
 */
export function controlsPage(
  controls: readonly Control[],
  nonce: string,
  sandbox: SandboxState,
): string {
  return html`<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>微信支付沙箱 · 全部控制 · Sandbox controls</title>
<style nonce="${nonce}">${PAGE_STYLE}
${STYLE}</style>
<header>
  <h1>${both('沙箱控制', 'Sandbox controls')}</h1>
  <a href="/">${both('用户手机', "The user's phone")}</a>
</header>
${lostMessage()}
<main>
  <div class="cards">
    <div>${clockCard(sandbox)} ${faultsCard(sandbox.faults.list())}</div>
    <div>${notificationsCard(sandbox)} ${rulesCard(sandbox.rules)}</div>
  </div>
  <section class="card" aria-labelledby="all">
    <h2 id="all">${both('全部控制', 'All controls, from this machine only')}</h2>
    ${controls.map(controlForm)}
  </section>
  <section class="card" aria-labelledby="wechat">
    <h2 id="wechat">${both('微信支付接口', "WeChat Pay's endpoints, signed with the merchant's key")}</h2>
    ${endpointTable()}
  </section>
</main>
<p class="toast" role="status"></p>
<script nonce="${nonce}">${PAGE_SCRIPT}
${SCRIPT}</script>
</html>
`.markup;
}

function clockCard({ clock }: SandboxState): Html {
  const buttons = STEPS.map(
    ([seconds, zh, en]) => html`<button class="plain" type="button" data-call="/sandbox/clock"
      data-body="${JSON.stringify({ advanceSeconds: seconds })}" data-said="时钟已拨快" data-said-en="Clock advanced by ${en}">
      ${both(zh, en)}
    </button>`,
  );
  return html`<section class="card" aria-labelledby="clock">
    <h2 id="clock">${both('时钟', 'Clock')}</h2>
    <p class="now" data-live="now">${moment(beijingDigits(clock.now()))}</p>
    <p class="hint">${both('先享后付订单 1 小时、服务订单 30 天未确认即失效', 'Orders that are not confirmed expire')}</p>
    <div class="row">${buttons}</div>
  </section>`;
}

function notificationsCard({ notifications }: SandboxState): Html {
  const { url, factor } = notifications.settings;
  const shown = notifications.list().slice(-SHOWN_NOTIFICATIONS).toReversed();
  const rows = shown.map((delivery) => {
    const { eventType, outOrderNo } = delivery.notification;
    const last = delivery.attempts.at(-1)?.status ?? '—';
    const isDone = last === 200 || last === 204;
    return html`<li>
      <span>${bilingual(EVENTS[eventType])} <code>${outOrderNo ?? eventType}</code></span>
      <span class="pill tone-${isDone ? 'paid' : 'due'}">${last}</span>
      ${resend(delivery)}
    </li>`;
  });
  const schedule = (
    value: number,
    zh: string,
    en: string,
  ) => html`<button class="plain" type="button"
    data-call="/sandbox/notify-schedule" data-body="${JSON.stringify({ factor: value })}"
    data-said="重试间隔已改变" data-said-en="Back-off changed" ${value === factor ? trusted('aria-disabled="true"') : undefined}>
    ${both(zh, en)}
  </button>`;
  return html`<section class="card" aria-labelledby="notifications">
    <h2 id="notifications">${both('通知', 'Notifications')}</h2>
    <p class="hint" data-live="url">${url === null ? both('未设置回调地址', 'No URL is set') : html`<code>${url}</code>`}</p>
    <div class="row" data-live="schedule">
      ${schedule(1, '按微信间隔重试', "WeChat's back-off")}
      ${schedule(0.01, '百倍速重试', '100 times faster')}
    </div>
    <ul class="list" data-live="deliveries">
      ${rows.length > 0 ? rows : html`<li class="none">${both('暂无通知', 'No notifications yet')}</li>`}
    </ul>
  </section>`;
}

function controlForm({ method, path, zh, en, example }: Control): Html {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inputs = names.map(
    (name) => html`<input name="${name}" required placeholder="${name}" aria-label="${name}">`,
  );
  const label = `${method} ${path}`;
  const body =
    example === undefined
      ? undefined
      : html`<textarea name="body" rows="2" aria-label="Body of ${label}" spellcheck="false">${example}</textarea>`;
  return html`<form class="control" data-method="${method}" data-path="${path}">
    <div class="what"><code>${label}</code><p>${both(zh, en)}</p></div>
    <div class="inputs">${inputs}${body}</div>
    <button class="plain" type="submit" aria-label="执行 Run ${label}">${both('执行', 'Run')}</button>
    <pre class="answer" hidden tabindex="0" role="region" aria-label="应答 Answer of ${label}"></pre>
  </form>`;
}

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
function endpointTable(): Html {
  return html`<table class="endpoints">
    <tbody>${ENDPOINTS.map(
      ([method, path, zh, en]) =>
        html`<tr><td><code>${method}</code></td><td><code>${path}</code></td><td>${both(zh, en)}</td></tr>`,
    )}</tbody>
  </table>`;
}

/** Faults that are often needed: the label, and what is sent. */
const PRESETS: readonly (readonly [string, string, object])[] = [
  ['慢 3 秒', 'Late by 3 s', { on: 'any', fault: 'latency', ms: 3_000 }],
  ['生效后断开', 'Reset after', { on: 'any', fault: 'reset-after' }],
  ['生效前断开', 'Reset before', { on: 'any', fault: 'reset-before' }],
  ['系统错误', 'HTTP 500', { on: 'any', fault: 'status', status: 500 }],
  ['频率限制', 'HTTP 429', { on: 'any', fault: 'status', status: 429, retryAfter: 1 }],
  ['签名错误', 'Wrong signature', { on: 'any', fault: 'wrong-signature' }],
  ['通知丢失', 'Notification lost', { on: 'notify', fault: 'drop' }],
  ['通知重复', 'Notification twice', { on: 'notify', fault: 'duplicate' }],
];

const FAULT_NAMES = [...new Set([...Object.keys(FAULTS), ...NOTICE_FAULTS])];

/** Sets, lists and removes faults. */
function faultsCard(faults: readonly Fault[]): Html {
  const presets = PRESETS.map(
    ([zh, en, fault]) => html`<button class="plain" type="button" data-call="/sandbox/faults"
      data-body="${JSON.stringify(fault)}" data-said="已注入，影响下一次" data-said-en="Set for the next one">
      ${both(zh, en)}
    </button>`,
  );
  return html`<section class="card" aria-labelledby="faults">
    <h2 id="faults">${both('故障', 'Faults of the next call or notification')}</h2>
    <div class="row">${presets}</div>
    <form class="fault" data-fault>
      ${choice('on', '作用于', 'on', TARGETS)}
      ${choice('fault', '故障', 'fault', FAULT_NAMES)}
      <label>${both('次数', 'times')}<input name="times" type="number" min="1" value="1"></label>
      <label class="wide">${both('其他', 'more, as JSON')}<input name="more" value="{}" spellcheck="false"></label>
      <button type="submit">${both('注入', 'Set')}</button>
    </form>
    <ul class="list" data-live="faults">
      ${faults.length > 0 ? faults.map(line) : html`<li class="none">${both('没有生效的故障', 'No fault is set')}</li>`}
    </ul>
    <button id="clear-faults" class="plain" type="button" data-call="/sandbox/faults" data-method="DELETE"
      data-said="故障已清除" data-said-en="All faults removed">${both('清除全部', 'Remove all')}</button>
  </section>`;
}

function line({ on, fault, times, skip, ...more }: Fault): Html {
  const { takesEffect: _left, ...rest }: Readonly<Record<string, unknown>> = { ...more };
  const options = Object.keys(rest).length === 0 ? '' : JSON.stringify(rest);
  const after = skip === 0 ? '' : ` · skip ${skip}`;
  return html`<li>
    <span><code>${on}</code> <b>${fault}</b> <code>${options}</code></span>
    <span class="pill">${times === null ? both('直到清除', 'until removed') : html`×${times}`}${after}</span>
  </li>`;
}

function choice(name: string, zh: string, en: string, values: readonly string[]): Html {
  const options = values.map((value) => html`<option>${value}</option>`);
  return html`<label>${both(zh, en)}<select name="${name}">${options}</select></label>`;
}
