import { beijingDigits } from '../clock.ts';
import { isJsonObject, type JsonObject, pick } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objects } from '../validation/body-findings.ts';
import { type Completion, type Order, startTimeOf } from './orders.ts';
import { giveTicket } from './ticket.ts';

/** What a query shows of an order after its complete, except for fees and discounts. */
function completedFields(
  order: Order,
  { finishType, totalAmount, wire }: Completion,
  rules: SandboxRules,
): JsonObject {
  const fills = finishType === 2 && rules.queryFillsRealPlaces;
  const { service_start_location: start, service_end_location: end = start } = order.wire;
  return {
    finish_type: finishType,
    ...pick(wire, ['real_service_start_time', 'real_service_end_time']),
    ...(fills && { real_service_start_location: start, real_service_end_location: end }),
    ...pick(wire, ['real_service_end_location']),
    total_amount: totalAmount,
  };
}

/**
 * Fees and discounts: those of the create, and after the complete those of the complete. An item of
 * both has the amount of the complete, and may have only the description of the create.
 */
function finalLists(order: Order): JsonObject {
  return {
    ...finalList(order, 'fees', 'fee_name'),
    ...finalList(order, 'discounts', 'discount_name'),
  };
}

function finalList(order: Order, list: 'fees' | 'discounts', name: string): JsonObject {
  const completed = order.completion?.wire ?? {};
  if (completed[list] === undefined) {
    return pick(order.wire, [list]);
  }
  const created = objects(order.wire, list);
  const merged = objects(completed, list).map((item) => ({
    ...created.find((known) => known[name] === item[name]),
    ...item,
  }));
  return { [list]: merged };
}

/** The launch data of WeChat Pay's confirmation page. The first three are the known live values. */
const LAUNCH = {
  miniprogram_businesstype: 'wxpayScoreUse',
  miniprogram_appid: 'wxd8f3793ea3b935b8',
  miniprogram_path: 'pages/use/use',
  miniprogram_username: 'gh_0123456789ab',
} as const;

/** The response to a create and its repeats. */
export function createAnswer(order: Order, mchid: string, rules: SandboxRules): object {
  const launches = order.wire['need_user_confirm'] !== false || rules.launchFieldsWithoutConfirm;
  return {
    ...ids(order, mchid),
    order_id: order.orderId,
    ...(launches && { ...LAUNCH, package: order.launchPackage }),
  };
}

/** The response to complete and cancel. */
export function operationAnswer(order: Order, mchid: string): JsonObject {
  return { ...ids(order, mchid), order_id: order.orderId };
}

/** The response to sync: the same without service_id. */
export function syncAnswer(order: Order, mchid: string): JsonObject {
  const { service_id: _left, ...answer } = operationAnswer(order, mchid);
  return answer;
}

/** The response to a query: only the fields that apply in the order's state. */
export function queryAnswer(order: Order, mchid: string, rules: SandboxRules): JsonObject {
  return {
    ...ids(order, mchid),
    state: order.state,
    ...startTime(order, rules),
    ...pick(order.wire, [
      'service_end_time',
      'service_start_location',
      'service_end_location',
      'service_introduction',
    ]),
    ...withFeeCount(finalLists(order), rules),
    ...pick(order.wire, ['risk_amount', 'attach']),
    ...(order.completion && completedFields(order, order.completion, rules)),
    ...(order.state === 'USER_ACCEPTED' && {
      finish_ticket: giveTicket(order.ticketSecret, rules.newTicketEachQuery),
    }),
    ...(order.paidAtMs !== undefined && paidFields(order, order.paidAtMs, rules)),
  };
}

/** What the controls show: also WeChat Pay's internal values. Only for tests. */
export function controlView(order: Order): object {
  return {
    out_order_no: order.outOrderNo,
    state: order.state,
    order_id: order.orderId,
    query_id: order.queryId,
    ...order.personalData,
    request: order.wire,
  };
}

function ids(order: Order, mchid: string): JsonObject {
  return { ...pick(order.wire, ['appid', 'out_order_no', 'service_id']), mchid };
}

/** Before acceptance, the rule startTimeBeforeAccept decides what is shown of OnAccept. */
function startTime(order: Order, rules: SandboxRules): JsonObject {
  const start = startTimeOf(order);
  const hidden = start === 'OnAccept' && rules.startTimeBeforeAccept === 'absent';
  return start === undefined || hidden ? {} : { service_start_time: start };
}

function withFeeCount(lists: JsonObject, rules: SandboxRules): JsonObject {
  const fees = lists['fees'];
  if (!rules.queryFillsFeeCount || !Array.isArray(fees)) {
    return lists;
  }
  const counted = fees.map((fee: unknown) => (isJsonObject(fee) ? { fee_count: 1, ...fee } : fee));
  return { ...lists, fees: counted };
}

function paidFields(order: Order, paidAtMs: number, rules: SandboxRules): JsonObject {
  const hasTransaction = order.payType === undefined || rules.transactionIdAfterSync;
  return {
    pay_succ_time: beijingDigits(paidAtMs),
    ...(hasTransaction && { finish_transaction_id: order.transactionId }),
    ...(order.payType && { pay_type: order.payType }),
  };
}
