import type { EventType } from '../notifications/notification.ts';
import type { OrderState } from '../orders/order-state.ts';
import type { ServicePermission } from '../service-orders/permissions/permission.ts';
import type { Phase } from '../service-orders/service-order.ts';
import { type Html, html } from './html.ts';

/** A text in both languages. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** The label and colour of a state. */
export interface StateWords extends Words {
  readonly tone: 'waiting' | 'using' | 'due' | 'paid' | 'over';
  /** The hint for the user. */
  readonly hint: Words;
}

const TO_CONFIRM: StateWords = {
  zh: '待确认',
  en: 'To confirm',
  tone: 'waiting',
  hint: { zh: '确认后即可使用服务，先享后付', en: 'Confirm to use the service now and pay later' },
};
const IN_USE: StateWords = {
  zh: '服务中',
  en: 'In use',
  tone: 'using',
  hint: {
    zh: '服务结束后，商户结算，微信支付扣款',
    en: 'The merchant completes it, then you are charged',
  },
};
const DUE: StateWords = {
  zh: '待支付',
  en: 'Payment due',
  tone: 'due',
  hint: { zh: '服务已结束，即将自动扣款', en: 'The service has ended; you are charged soon' },
};
const PAID: StateWords = {
  zh: '已支付',
  en: 'Paid',
  tone: 'paid',
  hint: { zh: '支付成功，感谢使用', en: 'Thank you' },
};
const CANCELLED: StateWords = {
  zh: '已取消',
  en: 'Cancelled',
  tone: 'over',
  hint: { zh: '订单已取消，未产生费用', en: 'Nothing was charged' },
};

export const STATES: Readonly<Record<OrderState, StateWords>> = {
  CREATED: TO_CONFIRM,
  USER_ACCEPTED: IN_USE,
  FINISHED: DUE,
  USER_PAID: PAID,
  REVOKED: CANCELLED,
  EXPIRED: {
    zh: '已失效',
    en: 'Expired',
    tone: 'over',
    hint: { zh: '超过一小时未确认，订单已失效', en: 'Not confirmed within an hour' },
  },
};

export const PHASES: Readonly<Record<Phase, StateWords>> = {
  created: TO_CONFIRM,
  accepted: IN_USE,
  completed: DUE,
  done: PAID,
  revoked: CANCELLED,
  expired: {
    zh: '已失效',
    en: 'Expired',
    tone: 'over',
    hint: { zh: '超过 30 天未确认，订单已失效', en: 'Not confirmed within 30 days' },
  },
};

/** A service order that ended without anything to collect. */
export const NOTHING_TO_PAY: StateWords = {
  zh: '已完成',
  en: 'Done',
  tone: 'paid',
  hint: { zh: '本次服务无需支付', en: 'Nothing to pay' },
};

/** A service order that waits for a confirmation, although its package was used. */
export const PAGE_LEFT: Words = {
  zh: '已离开确认页，package 仅可用一次：请商户重新下单',
  en: 'You left the page, and a package works once: a new order is needed',
};

export const PERMISSIONS: Readonly<Record<ServicePermission['state'], StateWords>> = {
  UNBINDUSER: {
    zh: '待开通',
    en: 'To enable',
    tone: 'waiting',
    hint: { zh: '开通后，下单时无需逐笔确认', en: 'Afterwards orders need no confirmation' },
  },
  AVAILABLE: {
    zh: '已开通',
    en: 'Enabled',
    tone: 'paid',
    hint: { zh: '商户可直接为您下单', en: 'The merchant may create orders for you' },
  },
  UNAVAILABLE: {
    zh: '已关闭',
    en: 'Ended',
    tone: 'over',
    hint: { zh: '授权已解除，商户不能再直接下单', en: 'Orders need your confirmation again' },
  },
};

/** What an entry of the phone is, for its tag and the title of its page. */
export const PRODUCTS = {
  'pay-after': { zh: '先享后付', en: 'Pay-after order' },
  'service-order': { zh: '支付分服务', en: 'Service order' },
  permission: { zh: '开通服务', en: 'Permission' },
} as const satisfies Readonly<Record<string, Words>>;

export type Product = keyof typeof PRODUCTS;

export const EVENTS: Readonly<Record<EventType, Words>> = {
  'PAYSCORE.USER_ACCEPTED': { zh: '用户确认', en: 'confirmed' },
  'PAYSCORE.USER_CONFIRM': { zh: '用户确认', en: 'confirmed' },
  'PAYSCORE.USER_PAID': { zh: '支付成功', en: 'paid' },
  'PAYSCORE.USER_OPEN_SERVICE': { zh: '开启服务', en: 'enabled' },
  'PAYSCORE.USER_CLOSE_SERVICE': { zh: '关闭服务', en: 'ended' },
  'SECURITY_ECHO.SUCCESS': { zh: '加解密测试', en: 'echo' },
};

/** Chinese, with small English next to it. */
export function both(zh: string, en: string): Html {
  return html`${zh} <small lang="en">${en}</small>`;
}

/** The same of a pair. */
export function bilingual({ zh, en }: Words): Html {
  return both(zh, en);
}

/** Fen as yuan: ¥1,234.50. */
export function yuan(fen: number): string {
  const cents = String(fen % 100).padStart(2, '0');
  return `¥${Math.floor(fen / 100).toLocaleString('en-US')}.${cents}`;
}

/** WeChat Pay's `yyyyMMddHHmmss` or `yyyyMMdd` as text; OnAccept as a phrase. */
export function moment(time: string): string {
  if (time === 'OnAccept') {
    return '确认使用时';
  }
  const [, year, month, day, clock = ''] = /^(\d{4})(\d\d)(\d\d)(\d{4})?/.exec(time) ?? [];
  const date = `${year}年${Number(month)}月${Number(day)}日`;
  return clock === '' ? date : `${date} ${clock.slice(0, 2)}:${clock.slice(2)}`;
}
