import { type PayAfterOrder, toWireTime, wireMoment } from '../wechat/index.ts';
import type { EventSource } from './database/tables.ts';

/** What somebody saw of an order: a notification, a query, a write's answer, or the reconciler. */
export interface Observation {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  /** WeChat's word. */
  readonly state: string;
  readonly source: EventSource;
  /** Unix ms: of the thing itself where WeChat tells, else of the observation. */
  readonly occurredAt: number;
  readonly riskAmount?: number | null;
  readonly totalAmount?: number | null;
  /** Keyed hash of the user's openid. */
  readonly owner?: string | null;
}

/** What an order as WeChat shows it says, whoever asked. */
export function observationOf(order: PayAfterOrder, source: EventSource, now: number): Observation {
  const { outOrderNo, appid, serviceId, state, riskAmount, paySuccTime } = order;
  // A 0 that is shown before the order is completed must not contradict its total later.
  const totalAmount = COMPLETED.has(state) ? order.totalAmount : null;
  const paidAt = wireMoment(toWireTime(paySuccTime ?? '') ?? '');
  const occurredAt = state === 'USER_PAID' && paidAt !== undefined ? paidAt : now;
  return { outOrderNo, appid, serviceId, state, riskAmount, totalAmount, source, occurredAt };
}

/** The states in which an order has a total. */
const COMPLETED: ReadonlySet<string> = new Set(['FINISHED', 'USER_PAID']);
