import { readFileSync } from 'node:fs';
import { beijingDigits } from '../clock.ts';
import type { SandboxState } from '../sandbox.ts';
import { chosenEntry, type Entry, entriesOf } from './entries.ts';
import { type Html, html, trusted } from './html.ts';
import { entryList, notificationLog } from './sidebar.ts';
import { both, PRODUCTS } from './texts.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const STYLES = ['page', 'panels', 'phone', 'screen'];
const STYLE = trusted(STYLES.map((name) => read(`styles/${name}.css`)).join('\n'));
/** What both pages share: it reloads the page, and replaces what has `data-live`. */
export const PAGE_SCRIPT = trusted(read('page.js'));
/** Colours, texts and messages of both pages. */
export const PAGE_STYLE = trusted(read('styles/page.css'));
const SHOWN_ENTRIES = 30;

/**
 * The page at `/`: an order as its user sees it in WeChat, or the permission that the user may give.
 * @param search the query of the URL, which selects an entry; the newest if it names none
 */
export function phonePage(search: URLSearchParams, nonce: string, sandbox: SandboxState): string {
  const all = entriesOf(sandbox);
  const chosen = chosenEntry(all, search);
  const entries = all.slice(0, SHOWN_ENTRIES);
  const { url } = sandbox.notifications.settings;
  const page = html`<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#ededed">
<title>微信支付沙箱 · 用户手机 · WeChat Pay sandbox</title>
<style nonce="${nonce}">${STYLE}</style>
<header>
  <h1>${both('微信支付沙箱', 'WeChat Pay sandbox: you are the user')}</h1>
  <a href="/sandbox">${both('全部控制', 'All controls')}</a>
</header>
${lostMessage()}
<main>
  <nav class="panel orders" aria-label="订单与授权 Orders and permissions">
    <h2>${both('订单与授权', 'Orders and permissions')}</h2>
    <div class="scroll" data-live="orders">${entryList(entries, chosen)}</div>
  </nav>
  <section class="phone" aria-label="用户手机 Phone">
    <div class="top">
      <span class="clock" data-live="clock">${clock(sandbox.clock.now())}</span>
      <b data-live="title">${chosen ? PRODUCTS[chosen.product].zh : '微信支付'}</b>
      <span class="capsule" aria-hidden="true"><i></i><i></i></span>
    </div>
    <div class="screen" data-live="screen" tabindex="0" role="region" aria-label="订单 Order">${chosen ? chosen.screen() : nothing()}</div>
    <div class="foot" data-live="buttons">${chosen ? buttons(chosen) : undefined}</div>
    <p class="toast" role="status"></p>
  </section>
  <section class="panel log" aria-label="通知">
    <h2>${both('通知', 'Notifications to the merchant')}</h2>
    <p class="target" data-live="target">${target(url)}</p>
    <div class="scroll" data-live="log" tabindex="0" role="region" aria-label="发送记录 Log">${notificationLog(sandbox.notifications.list())}</div>
  </section>
</main>
<script nonce="${nonce}">${PAGE_SCRIPT}</script>
</html>
`;
  return page.markup;
}

/** Shown by the script while the sandbox does not respond. */
export function lostMessage(): Html {
  return html`<div class="down" role="alert"></div>
<template id="lost"><p><b>沙箱没有响应，正在重试…</b>
  <span lang="en">The sandbox is not responding. Retrying…</span></p></template>`;
}

function buttons({ buttons: all }: Entry): Html {
  const shown = all.map(({ id, zh, en, isPlain, path, body, possibility, said }) => {
    const disabled = possibility === 'possible' ? undefined : trusted(' aria-disabled="true"');
    const sent = body === undefined ? undefined : html` data-body="${body}"`;
    return html`<button id="${id}" class="${isPlain ? 'plain' : ''}" type="button" data-call="${path}"${sent} data-said="${said.zh}" data-said-en="${said.en}"${disabled}>
      ${both(zh, en)}
    </button>`;
  });
  return html`<div class="buttons of-${all.length}">${shown}</div>`;
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
    <p>商户下单或申请授权后，会显示在这里<br>
      <small lang="en">Orders and permissions appear here as soon as a merchant creates them</small></p>
    <code>POST /v3/payscore/payafter-orders</code>
    <code>POST /v3/payscore/serviceorder</code>
  </div>`;
}
