import { readFileSync } from 'node:fs';
import { beijingDigits } from '../../clock.ts';
import { type Html, html, trusted } from '../../phone/html.ts';
import { lostMessage, PAGE_SCRIPT, PAGE_STYLE } from '../../phone/page.ts';
import { resend } from '../../phone/sidebar.ts';
import { bilingual, both, EVENTS, moment } from '../../phone/texts.ts';
import type { SandboxState } from '../../sandbox.ts';
import type { Control } from '../control.ts';
import { endpointTable } from './endpoints.ts';
import { faultsCard } from './faults.ts';
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
    <p class="hint">${both('先享后付订单 1 小时、服务订单 30 天未确认即失效', 'Orders that nobody confirms expire')}</p>
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
