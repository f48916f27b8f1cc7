import type { OrderState } from '../orders/order-state.ts';
import type { Order } from '../orders/orders.ts';
import { type Html, html } from './html.ts';
import { both } from './texts.ts';

/** What a user can do on the phone: the control it calls, and the state that allows it. */
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

export function buttons(order: Order): Html {
  const path = `/sandbox/orders/${encodeURIComponent(order.outOrderNo)}`;
  const all = ACTIONS.map(({ control, zh, en, from }) => {
    const disabled = order.state === from ? '' : 'disabled';
    return html`<button id="${control}" type="button" data-call="${path}/${control}" ${disabled}>
      ${both(zh, en)}
    </button>`;
  });
  return html`<div class="buttons">${all}</div>`;
}
