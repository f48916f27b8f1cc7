import type { EventType } from '../notifications/notification.ts';
import type { OrderState } from '../orders/order-state.ts';
import { type Html, html } from './html.ts';

/** The label and colour of a state. */
interface StateWords {
  readonly zh: string;
  readonly en: string;
  readonly tone: 'waiting' | 'using' | 'due' | 'paid' | 'over';
  /** The hint for the user. */
  readonly hint: string;
}

export const STATES: Readonly<Record<OrderState, StateWords>> = {
  CREATED: {
    zh: '待确认',
    en: 'To confirm',
    tone: 'waiting',
    hint: '确认后即可使用服务，先享后付',
  },
  USER_ACCEPTED: {
    zh: '服务中',
    en: 'In use',
    tone: 'using',
    hint: '服务结束后，商户结算，微信支付扣款',
  },
  FINISHED: { zh: '待支付', en: 'Payment due', tone: 'due', hint: '服务已结束，即将自动扣款' },
  USER_PAID: { zh: '已支付', en: 'Paid', tone: 'paid', hint: '支付成功，感谢使用' },
  REVOKED: { zh: '已取消', en: 'Cancelled', tone: 'over', hint: '订单已取消，未产生费用' },
  EXPIRED: { zh: '已失效', en: 'Expired', tone: 'over', hint: '超过一小时未确认，订单已失效' },
};

export const EVENTS: Readonly<Record<EventType, string>> = {
  'PAYSCORE.USER_ACCEPTED': '用户确认',
  'PAYSCORE.USER_CONFIRM': '用户确认',
  'PAYSCORE.USER_PAID': '支付成功',
  'PAYSCORE.USER_OPEN_SERVICE': '开启服务',
  'PAYSCORE.USER_CLOSE_SERVICE': '关闭服务',
  'SECURITY_ECHO.SUCCESS': '加解密测试',
};

/** Chinese, with small English next to it. */
export function both(zh: string, en: string): Html {
  return html`${zh} <small lang="en">${en}</small>`;
}

/** Fen as yuan: ¥1,234.50. */
export function yuan(fen: number): string {
  const cents = String(fen % 100).padStart(2, '0');
  return `¥${Math.floor(fen / 100).toLocaleString('en-US')}.${cents}`;
}

/** WeChat Pay's `yyyyMMddHHmmss` or `yyyyMMdd` as text; OnAccept in words. */
export function moment(time: string): string {
  if (time === 'OnAccept') {
    return '确认使用时';
  }
  const [, year, month, day, clock = ''] = /^(\d{4})(\d\d)(\d\d)(\d{4})?/.exec(time) ?? [];
  const date = `${year}年${Number(month)}月${Number(day)}日`;
  return clock === '' ? date : `${date} ${clock.slice(0, 2)}:${clock.slice(2)}`;
}
