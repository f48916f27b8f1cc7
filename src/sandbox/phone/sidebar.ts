import { beijingDigits } from '../clock.ts';
import { numberOf, textOf } from '../http/json.ts';
import type { Attempt, Delivery } from '../notifications/queue.ts';
import type { Order } from '../orders/orders.ts';
import { type Html, html } from './html.ts';
import { both, EVENTS, STATES, yuan } from './texts.ts';

const SHOWN_ATTEMPTS = 40;

const ANSWERS: Readonly<Record<Exclude<Attempt['status'], number>, string>> = {
  pending: '等待应答',
  timeout: '超时',
  'no-connection': '连接失败',
  dropped: '已丢弃',
};

/** The list of orders. */
export function orderList(orders: readonly Order[], chosen: Order | undefined): Html {
  const links = orders.map((order) => {
    const { zh, tone } = STATES[order.state];
    const amount = order.completion?.totalAmount ?? numberOf(order.wire, 'risk_amount') ?? 0;
    const current = order.outOrderNo === chosen?.outOrderNo ? 'true' : 'false';
    return html`<a class="tone-${tone}" href="/?order=${encodeURIComponent(order.outOrderNo)}" aria-current="${current}">
      <b>${textOf(order.wire, 'service_introduction')}</b>
      <span class="pill">${zh}</span>
      <code>${order.outOrderNo}</code>
      <span class="price">${yuan(amount)}</span>
    </a>`;
  });
  return links.length > 0
    ? html`${links}`
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

function line({ notification }: Delivery, attempt: Attempt | undefined, nth: number): Html {
  const { eventType, outOrderNo } = notification;
  return html`<li>
    <b>${EVENTS[eventType]}</b> ${answer(attempt)}
    <code class="event">${eventType}</code>
    <span class="about">${outOrderNo === null ? '用户授权' : html`<code>${outOrderNo}</code>`}</span>
    <span class="time">${attempt ? html`第${nth}次 · ${clockTime(attempt.atMs)}` : '—'}</span>
    ${attempt?.fault ? html`<span class="fault">故障 ${attempt.fault}</span>` : undefined}
  </li>`;
}

function answer(attempt: Attempt | undefined): Html {
  const status = attempt?.status;
  if (status === undefined) {
    return html`<span class="pill">未发送</span>`;
  }
  const tone = status === 200 || status === 204 ? 'paid' : status === 'pending' ? 'waiting' : 'due';
  const words = typeof status === 'number' ? String(status) : ANSWERS[status];
  return html`<span class="pill tone-${tone}">${words}</span>`;
}

function clockTime(ms: number): string {
  return beijingDigits(ms).replace(/^.{8}(..)(..)(..)$/, '$1:$2:$3');
}
