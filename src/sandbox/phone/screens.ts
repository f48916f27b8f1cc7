import { beijingDigits } from '../clock.ts';
import type { ServicePermission } from '../service-orders/permissions/permission.ts';
import { type Html, html } from './html.ts';
import type { OrderModel } from './order-model.ts';
import {
  bilingual,
  both,
  moment,
  PERMISSIONS,
  type StateWords,
  type Words,
  yuan,
} from './texts.ts';

/** An order as the user's phone shows it. */
export function orderScreen(model: OrderModel): Html {
  return html`
    ${hero({ title: model.service, words: model.words, hint: model.hint, figure: amount(model) })}
    <section class="card route" aria-label="服务时间与地点">
      ${stop('start', '开始', 'Start', model.start)}
      ${stop('end', '结束', 'End', model.end)}
    </section>
    ${bill(model)}
    ${facts(factsOf(model))}
  `;
}

/** The head of a screen: what it is about, its state, and what comes next. */
function hero({
  title,
  words,
  hint,
  figure: shown,
}: {
  readonly title: string;
  readonly words: StateWords;
  readonly hint: Words;
  readonly figure?: Html;
}): Html {
  return html`<div class="hero tone-${words.tone}">
    <span class="avatar" aria-hidden="true">${[...title][0] ?? '付'}</span>
    <h2>${title}</h2>
    <p class="state"><span class="pill">${bilingual(words)}</span></p>
    ${shown}
    <p class="hint">${hint.zh}<br><small lang="en">${hint.en}</small></p>
  </div>`;
}

/** Rows of a label and a value; those without a value are omitted. */
function facts(rows: readonly (readonly [Html, string | undefined])[]): Html {
  const shown = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [html`<div><dt>${label}</dt><dd>${value}</dd></div>`],
  );
  return html`<section class="card facts"><dl>${shown}</dl></section>`;
}

/** The total of the order, once it is known; before that, its maximum. */
function amount({ total, riskAmount, isPaid }: OrderModel): Html {
  if (total === undefined) {
    return figure(both('订单风险金额', 'At most'), riskAmount);
  }
  return figure(isPaid ? both('实付', 'Paid') : both('待付', 'Due'), total);
}

const LONG = 12;
const LONGEST = 17;

/** An amount in large digits, which become smaller so that 16 digits fit. */
function figure(label: Html, fen: number): Html {
  const text = yuan(fen);
  const size = text.length > LONGEST ? 'longest' : text.length > LONG ? 'long' : '';
  return html`<p class="label">${label}</p><p class="figure ${size}">${text}</p>`;
}

/** One end of the service: the real one if known, else the planned one. */
function stop(which: 'start' | 'end', zh: string, en: string, at: OrderModel['start']): Html {
  const time = at.time === undefined ? both('时间以实际为准', 'not known yet') : moment(at.time);
  const place = at.place ?? both('地点以实际为准', 'not known yet');
  return html`<div class="stop ${which}">
    <p class="where">${place}</p>
    <p class="when">${both(zh, en)} · ${time}</p>
  </div>`;
}

/** Fees, discounts, their total, and the maximum. */
function bill({ fees, discounts, total, riskAmount }: OrderModel): Html {
  return html`<section class="card bill" aria-label="费用">
    ${fees.map(fee)}
    ${discounts.map(discount)}
    ${total === undefined ? undefined : html`<div class="item sum"><p>${both('合计', 'Total')}</p><b>${yuan(total)}</b></div>`}
    <div class="item cap">
      <p>${both('订单风险金额', 'Risk amount')}</p>
      <span>${yuan(riskAmount)}</span>
    </div>
  </section>`;
}

function fee({ name, note: text, count, amount: fen }: OrderModel['fees'][number]): Html {
  return html`<div class="item">
    <p>${name}${count === 1 ? '' : ` ×${count}`}${note(text)}</p>
    <span>${fen === undefined ? both('按规则计费', 'by rule') : yuan(fen)}</span>
  </div>`;
}

function discount({ name, note: text, amount: fen }: OrderModel['discounts'][number]): Html {
  return html`<div class="item less">
    <p><i>惠</i>${name}${note(text)}</p>
    <span>${fen === undefined ? both('结算时减免', 'at the end') : `−${yuan(fen)}`}</span>
  </div>`;
}

function note(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<small class="note">${text}</small>`;
}

function factsOf(model: OrderModel): readonly (readonly [Html, string | undefined])[] {
  const paidBy = model.isPaidElsewhere ? '商户渠道' : '微信支付';
  return [
    [both('商户订单号', 'Order'), model.outOrderNo],
    [both('微信订单号', 'ID'), model.orderId],
    [both('下单时间', 'Created'), moment(model.createdAt)],
    [both('支付时间', 'Paid'), model.paidAt && `${moment(model.paidAt)} · ${paidBy}`],
    ...model.transactionIds.map((id) => [both('交易单号', 'Transaction'), id] as const),
  ];
}

const PROMISES: readonly (readonly [string, string])[] = [
  ['下单时不再逐笔确认', 'Orders start without asking you each time'],
  ['服务结束后由微信支付扣款', 'You are charged after the service has ended'],
  ['没有进行中的订单时，可随时关闭', 'You can end it whenever no order is under way'],
];

/** 开通服务: the page on which the user permits orders without confirmation. */
export function permissionScreen(permission: ServicePermission): Html {
  const { authorizationCode, state, appliedAtMs, grantedAtMs, endedAtMs } = permission;
  const at = (ms: number | undefined) => (ms === undefined ? undefined : moment(beijingDigits(ms)));
  const words = PERMISSIONS[state];
  return html`
    ${hero({ title: '免确认使用服务', words, hint: words.hint })}
    <section class="card promises" aria-label="授权内容">
      <h3>${both('授权内容', 'What you permit')}</h3>
      <ul>${PROMISES.map(([zh, en]) => html`<li>${zh}<br><small lang="en">${en}</small></li>`)}</ul>
    </section>
    ${facts([
      [both('授权协议号', 'Code'), authorizationCode],
      [both('申请时间', 'Applied'), at(appliedAtMs)],
      [both('开通时间', 'Enabled'), at(grantedAtMs)],
      [both('解除时间', 'Ended'), at(endedAtMs)],
    ])}
  `;
}
