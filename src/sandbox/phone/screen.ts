import { beijingDigits } from '../clock.ts';
import { type JsonObject, numberOf, textOf } from '../http/json.ts';
import { queryAnswer } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import { objects } from '../validation/body-findings.ts';
import { type Html, html } from './html.ts';
import { both, moment, STATES, yuan } from './texts.ts';

/** Fees, discounts, their total, and the maximum. */
function bill(order: Order, view: JsonObject): Html {
  const total = numberOf(view, 'total_amount');
  const sum =
    total === undefined
      ? undefined
      : html`<div class="item sum"><p>${both('合计', 'Total')}</p><b>${yuan(total)}</b></div>`;
  return html`<section class="card bill" aria-label="费用">
    ${objects(view, 'fees').map(fee)}
    ${objects(view, 'discounts').map(discount)}
    ${sum}
    <div class="item cap">
      <p>${both('订单风险金额', 'Risk amount')}</p>
      <span>${yuan(numberOf(order.wire, 'risk_amount') ?? 0)}</span>
    </div>
  </section>`;
}

function fee(item: JsonObject): Html {
  const count = numberOf(item, 'fee_count') ?? 1;
  const times = count === 1 ? '' : ` ×${count}`;
  const amount = numberOf(item, 'fee_amount');
  return html`<div class="item">
    <p>${textOf(item, 'fee_name')}${times}${note(textOf(item, 'fee_desc'))}</p>
    <span>${amount === undefined ? '按规则计费' : yuan(amount)}</span>
  </div>`;
}

function discount(item: JsonObject): Html {
  const amount = numberOf(item, 'discount_amount');
  return html`<div class="item less">
    <p><i>惠</i>${textOf(item, 'discount_name')}${note(textOf(item, 'discount_desc'))}</p>
    <span>${amount === undefined ? '结算时减免' : `−${yuan(amount)}`}</span>
  </div>`;
}

function note(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<small class="note">${text}</small>`;
}

/** An order as the user's phone shows it. */
export function screen(order: Order, sandbox: SandboxState): Html {
  const view = queryAnswer(order, sandbox.identity.credentials.WECHAT_MCHID, sandbox.rules);
  const { zh, en, tone, hint } = STATES[order.state];
  const service = textOf(view, 'service_introduction') ?? '';
  return html`
    <div class="hero tone-${tone}">
      <span class="avatar" aria-hidden="true">${[...service][0] ?? '付'}</span>
      <h2>${service}</h2>
      <p class="state"><span class="pill">${both(zh, en)}</span></p>
      ${amount(order, view)}
      <p class="hint">${hint}</p>
    </div>
    <section class="card route" aria-label="服务时间与地点">
      ${stop('start', '开始', 'Start', view)}
      ${stop('end', '结束', 'End', view)}
    </section>
    ${bill(order, view)}
    <section class="card facts">${facts(order, view)}</section>
  `;
}

/** The total of the order, once it is known; before that, its maximum. */
function amount(order: Order, view: JsonObject): Html {
  const total = numberOf(view, 'total_amount');
  if (total === undefined || order.state === 'REVOKED') {
    const label = both('订单风险金额', 'Risk amount, at most');
    return figure(label, numberOf(view, 'risk_amount') ?? 0);
  }
  const label = order.state === 'USER_PAID' ? both('实付', 'Paid') : both('待付', 'Due');
  return figure(label, total);
}

function figure(label: Html, fen: number): Html {
  return html`<p class="label">${label}</p><p class="figure">${yuan(fen)}</p>`;
}

/** One end of the service: the real one if known, else the planned one. */
function stop(which: 'start' | 'end', zh: string, en: string, view: JsonObject): Html {
  const known = (what: string) =>
    textOf(view, `real_service_${which}_${what}`) ?? textOf(view, `service_${which}_${what}`);
  const time = known('time');
  return html`<div class="stop ${which}">
    <p class="where">${known('location') ?? '地点以实际为准'}</p>
    <p class="when">${both(zh, en)} · ${time === undefined ? '时间以实际为准' : moment(time)}</p>
  </div>`;
}

function facts(order: Order, view: JsonObject): readonly Html[] {
  const paid = textOf(view, 'pay_succ_time');
  const paidBy = textOf(view, 'pay_type') === undefined ? '微信支付' : '商户渠道';
  const rows: readonly (readonly [Html, string | undefined])[] = [
    [both('商户订单号', 'Order'), order.outOrderNo],
    [both('微信订单号', 'WeChat'), order.orderId],
    [both('下单时间', 'Created'), moment(beijingDigits(order.createdAtMs))],
    [both('支付时间', 'Paid'), paid && `${moment(paid)} · ${paidBy}`],
    [both('交易单号', 'Transaction'), textOf(view, 'finish_transaction_id')],
  ];
  return rows.flatMap(([label, value]) =>
    value === undefined ? [] : [html`<dl><dt>${label}</dt><dd>${value}</dd></dl>`],
  );
}
