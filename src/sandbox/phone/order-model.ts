import { beijingDigits } from '../clock.ts';
import { isJsonObject, type JsonObject, numberOf, textOf } from '../http/json.ts';
import { queryAnswer } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import { riskAmountOf, type ServiceOrder } from '../service-orders/service-order.ts';
import { orderView } from '../service-orders/views.ts';
import { objects } from '../validation/body-findings.ts';
import { NOTHING_TO_PAY, PAGE_LEFT, PHASES, STATES, type StateWords, type Words } from './texts.ts';

interface Line {
  readonly name: string;
  readonly note?: string | undefined;
  readonly count: number;
  /** Fen; undefined: by the rule of the note. */
  readonly amount?: number | undefined;
}

interface Stop {
  readonly place?: string | undefined;
  /** WeChat Pay's digits, or OnAccept. */
  readonly time?: string | undefined;
}

/** What the phone shows of an order of either product. Amounts in fen. */
export interface OrderModel {
  readonly service: string;
  readonly words: StateWords;
  readonly hint: Words;
  /** Known after the complete. */
  readonly total?: number | undefined;
  readonly riskAmount: number;
  readonly isPaid: boolean;
  readonly start: Stop;
  readonly end: Stop;
  readonly fees: readonly Line[];
  readonly discounts: readonly Line[];
  readonly outOrderNo: string;
  readonly orderId: string;
  readonly createdAt: string;
  /** WeChat Pay's digits. */
  readonly paidAt?: string | undefined;
  readonly isPaidElsewhere: boolean;
  readonly transactionIds: readonly string[];
}

/** A pay-after order as a query shows it. */
export function payAfterModel(order: Order, sandbox: SandboxState): OrderModel {
  const view = queryAnswer(order, sandbox.identity.credentials.WECHAT_MCHID, sandbox.rules);
  const stop = (which: 'start' | 'end'): Stop => {
    const known = (what: string) =>
      textOf(view, `real_service_${which}_${what}`) ?? textOf(view, `service_${which}_${what}`);
    return { place: known('location'), time: known('time') };
  };
  const lines = (list: 'fees' | 'discounts', kind: 'fee' | 'discount') =>
    objects(view, list).map((item) => ({
      name: textOf(item, `${kind}_name`) ?? '',
      note: textOf(item, `${kind}_desc`),
      count: numberOf(item, 'fee_count') ?? 1,
      amount: numberOf(item, `${kind}_amount`),
    }));
  const transactionId = textOf(view, 'finish_transaction_id');
  return {
    service: textOf(view, 'service_introduction') ?? '',
    words: STATES[order.state],
    hint: STATES[order.state].hint,
    total: order.state === 'REVOKED' ? undefined : numberOf(view, 'total_amount'),
    riskAmount: numberOf(view, 'risk_amount') ?? 0,
    isPaid: order.state === 'USER_PAID',
    start: stop('start'),
    end: stop('end'),
    fees: lines('fees', 'fee'),
    discounts: lines('discounts', 'discount'),
    outOrderNo: order.outOrderNo,
    orderId: order.orderId,
    createdAt: beijingDigits(order.createdAtMs),
    paidAt: textOf(view, 'pay_succ_time'),
    isPaidElsewhere: order.payType !== undefined,
    transactionIds: transactionId === undefined ? [] : [transactionId],
  };
}

/** The state of a service order as text. */
export function wordsOf({ phase, collects, totalAmount }: ServiceOrder): StateWords {
  const isFree = phase === 'done' && totalAmount === 0 && !collects;
  return isFree ? NOTHING_TO_PAY : PHASES[phase];
}

/** A service order as a query shows it. */
export function serviceOrderModel(order: ServiceOrder, sandbox: SandboxState): OrderModel {
  const { identity, rules } = sandbox;
  const view = orderView(order, identity.credentials.WECHAT_MCHID, rules);
  const range = memberOf(view, 'time_range');
  const location = memberOf(view, 'location');
  const lines = (list: string) =>
    objects(view, list).map((item) => ({
      name: textOf(item, 'name') ?? '',
      note: textOf(item, 'description'),
      count: numberOf(item, 'count') ?? 1,
      amount: numberOf(item, 'amount'),
    }));
  const words = wordsOf(order);
  const isSpent = order.phase === 'created' && order.left === true && rules.packageSingleUse;
  const payment = order.payment;
  return {
    service: textOf(view, 'service_introduction') ?? '',
    words,
    hint: isSpent ? PAGE_LEFT : words.hint,
    total: order.phase === 'revoked' ? undefined : order.totalAmount,
    riskAmount: riskAmountOf(order),
    isPaid: order.phase === 'done',
    start: { place: textOf(location, 'start_location'), time: textOf(range, 'start_time') },
    end: { place: textOf(location, 'end_location'), time: textOf(range, 'end_time') },
    fees: lines('post_payments'),
    discounts: lines('post_discounts'),
    outOrderNo: order.outOrderNo,
    orderId: order.orderId,
    createdAt: beijingDigits(order.createdAtMs),
    paidAt: payment && beijingDigits(payment.atMs),
    isPaidElsewhere: payment?.type === 'MCH',
    transactionIds: (payment?.details ?? []).flatMap(({ transactionId }) => transactionId ?? []),
  };
}

function memberOf(view: JsonObject, name: string): JsonObject {
  const value = view[name];
  return isJsonObject(value) ? value : {};
}
