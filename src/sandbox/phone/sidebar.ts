import { beijingDigits } from '../clock.ts';
import type { Attempt, Delivery } from '../notifications/queue.ts';
import type { Entry } from './entries.ts';
import { type Html, html } from './html.ts';
import { bilingual, both, EVENTS, PRODUCTS, type Words, yuan } from './texts.ts';

const SHOWN_ATTEMPTS = 40;

const ANSWERS: Readonly<Record<Exclude<Attempt['status'], number>, Words>> = {
  pending: { zh: '等待应答', en: 'pending' },
  timeout: { zh: '超时', en: 'timeout' },
  'no-connection': { zh: '连接失败', en: 'no connection' },
  dropped: { zh: '已丢弃', en: 'dropped' },
};

/** The list of orders and permissions. */
export function entryList(entries: readonly Entry[], chosen: Entry | undefined): Html {
  const links = entries.map((entry) => {
    const { product, number, href, title, words, amount } = entry;
    const current = entry === chosen ? 'true' : 'false';
    return html`<li><a id="entry-${product}-${number}" class="tone-${words.tone}" href="${href}" aria-current="${current}">
      <b>${title}</b>
      <span class="pill">${words.zh}</span>
      <code>${number}</code>
      <span class="price">${amount === undefined ? '' : yuan(amount)}</span>
      <span class="tag product-${product}">${PRODUCTS[product].zh}</span>
    </a></li>`;
  });
  return links.length > 0
    ? html`<ul>${links}</ul>`
    : html`<p class="none">${both('暂无订单', 'No orders yet')}</p>`;
}

/** Every attempt to notify the merchant, the latest first. */
export function notificationLog(deliveries: readonly Delivery[]): Html {
  const lines = deliveries
    .flatMap((delivery) =>
      delivery.attempts.length === 0
        ? [{ atMs: 0, line: line(delivery, undefined, 0) }]
        : delivery.attempts.map((one, index) => ({
            atMs: one.atMs,
            line: line(delivery, one, index + 1),
          })),
    )
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, SHOWN_ATTEMPTS);
  return lines.length > 0
    ? html`<ol>${lines.map(({ line: shown }) => shown)}</ol>`
    : html`<p class="none">${both('暂无通知', 'No notifications yet')}</p>`;
}

function line(delivery: Delivery, attempt: Attempt | undefined, nth: number): Html {
  const { eventType, outOrderNo } = delivery.notification;
  return html`<li>
    <b>${bilingual(EVENTS[eventType])}</b> ${answer(attempt)}
    <code class="event">${eventType}</code>
    <span class="about">${outOrderNo === null ? both('用户授权', 'a user') : html`<code>${outOrderNo}</code>`}</span>
    <span class="time">${attempt ? html`第${nth}次 · ${clockTime(attempt.atMs)}` : '—'}</span>
    ${attempt?.fault ? html`<span class="fault">${both('故障', 'Fault')} ${attempt.fault}</span>` : undefined}
    ${nth >= delivery.attempts.length ? resend(delivery) : undefined}
  </li>`;
}

/** The button that sends a notification once more. */
export function resend({ notification: { id, eventType, outOrderNo } }: Delivery): Html {
  const about = outOrderNo ?? '';
  return html`<button id="resend-${id}" class="small" type="button" data-call="/sandbox/notifications/${id}/resend"
    data-said="已重发" data-said-en="Sent again" aria-label="重发 Resend ${eventType} ${about}">
    ${both('重发', 'Resend')}
  </button>`;
}

function answer(attempt: Attempt | undefined): Html {
  const status = attempt?.status;
  if (status === undefined) {
    return html`<span class="pill">${both('未发送', 'not sent')}</span>`;
  }
  const tone = status === 200 || status === 204 ? 'paid' : status === 'pending' ? 'waiting' : 'due';
  const words = typeof status === 'number' ? String(status) : bilingual(ANSWERS[status]);
  return html`<span class="pill tone-${tone}">${words}</span>`;
}

function clockTime(ms: number): string {
  return beijingDigits(ms).replace(/^.{8}(..)(..)(..)$/, '$1:$2:$3');
}
