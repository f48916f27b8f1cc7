import { type JsonObject, numberOf, textOf } from '../http/json.ts';
import type { Order } from '../orders/orders.ts';
import { objects } from '../validation/body-findings.ts';
import { type Html, html } from './html.ts';
import { both, yuan } from './texts.ts';

/** Fees, discounts, what they come to, and the most that they may. */
export function bill(order: Order, view: JsonObject): Html {
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
