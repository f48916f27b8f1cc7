import { readFileSync } from 'node:fs';
import { beijingDigits } from '../clock.ts';
import type { OrderState } from '../orders/order-state.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import { type Html, html, trusted } from './html.ts';
import { screen } from './screen.ts';
import { notificationLog, orderList } from './sidebar.ts';
import { both } from './texts.ts';

/**
 * The actions of a user on the phone: the control that each calls, and the state that allows it.
 */
const ACTIONS: readonly {
  readonly control: string;
  readonly zh: string;
  readonly en: string;
  readonly from: OrderState;
}[] = [
  { control: 'decline', zh: '拒绝', en: 'Decline', from: 'CREATED' },
  { control: 'confirm', zh: '确认使用', en: 'Confirm', from: 'CREATED' },
  { control: 'pay', zh: '支付', en: 'Pay', from: 'FINISHED' },
];

function buttons(order: Order): Html {
  const path = `/sandbox/orders/${encodeURIComponent(order.outOrderNo)}`;
  const all = ACTIONS.map(({ control, zh, en, from }) => {
    const disabled = order.state === from ? '' : 'disabled';
    return html`<button id="${control}" type="button" data-call="${path}/${control}" ${disabled}>
      ${both(zh, en)}
    </button>`;
  });
  return html`<div class="buttons">${all}</div>`;
}

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const STYLE = trusted(['page.css', 'panels.css', 'phone.css', 'screen.css'].map(read).join('\n'));
const SCRIPT = trusted(read('page.js'));
const SHOWN_ORDERS = 30;

/**
 * The page at `/`: an order as its user sees it in WeChat. The script reloads this page and
 * replaces what has `data-live`.
 * @param outOrderNo the order to show; if omitted, the newest
 */
export function phonePage(outOrderNo: string | null, nonce: string, sandbox: SandboxState): string {
  const nowMs = sandbox.clock.now();
  const orders = sandbox.orders.all(nowMs).slice(-SHOWN_ORDERS).reverse();
  const order =
    (outOrderNo === null ? undefined : sandbox.orders.find(outOrderNo, nowMs)) ?? orders[0];
  const { url } = sandbox.notifications.settings;
  const page = html`<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#ededed">
<title>先享后付沙箱 · Pay-after sandbox</title>
<style nonce="${nonce}">${STYLE}</style>
<header>
  <h1>${both('先享后付沙箱', 'WeChat Pay pay-after sandbox')}</h1>
  <a href="/sandbox">${both('全部控制', 'All controls')}</a>
</header>
<main>
  <nav class="panel orders" aria-label="订单">
    <h2>${both('订单', 'Orders, newest first')}</h2>
    <div class="scroll" data-live="orders">${orderList(orders, order)}</div>
  </nav>
  <section class="phone" aria-label="用户手机">
    <div class="top">
      <span class="clock" data-live="clock">${clock(nowMs)}</span>
      <b>先享后付</b>
      <span class="capsule" aria-hidden="true"><i></i><i></i></span>
    </div>
    <div class="screen" data-live="screen">${order ? screen(order, sandbox) : nothing()}</div>
    <div class="foot" data-live="buttons">${order ? buttons(order) : undefined}</div>
    <p class="toast" role="status"></p>
  </section>
  <section class="panel log" aria-label="通知">
    <h2>${both('通知', 'Notifications to the merchant')}</h2>
    <p class="target" data-live="target">${target(url)}</p>
    <div class="scroll" data-live="log">${notificationLog(sandbox.notifications.list())}</div>
  </section>
</main>
<script nonce="${nonce}">${SCRIPT}</script>
</html>
`;
  return page.markup;
}

function clock(ms: number): string {
  return beijingDigits(ms).replace(/^.{8}(..)(..)..$/, '$1:$2');
}

function target(url: string | null): Html {
  return url === null
    ? both('未设置回调地址，通知不会发出', 'No URL is set: POST /sandbox/notify-url')
    : html`<code>${url}</code>`;
}

function nothing(): Html {
  return html`<div class="empty">
    <span class="avatar" aria-hidden="true">付</span>
    <h2>等待商户下单</h2>
    <p>商户下单后，订单会显示在这里<br>
      <small lang="en">An order appears here as soon as a merchant creates one</small></p>
    <code>POST /v3/payscore/payafter-orders</code>
  </div>`;
}
