import { beijingDigits } from '../clock.ts';
import { type JsonObject, pick } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objects } from '../validation/body-findings.ts';
import { needsUserConfirm } from './create-findings.ts';
import { objectOf, type Payment, type ServiceOrder, startTimeOf } from './service-order.ts';

const STATES = {
  created: { state: 'CREATED' },
  accepted: { state: 'DOING', state_description: 'USER_CONFIRM' },
  completed: { state: 'DOING', state_description: 'MCH_COMPLETE' },
  done: { state: 'DONE' },
  revoked: { state: 'REVOKED' },
  expired: { state: 'EXPIRED' },
} as const;

/** A coupon of 1 fen, for the rule `promotionDetail`. */
const COUPON = {
  promotion_detail: [
    { coupon_id: '109519', name: '单品惠-6', scope: 'SINGLE', type: 'CASH', amount: 1 },
  ],
};

/** The answer to cancel and pay, and the ids in every other one. */
export function fiveIds(order: ServiceOrder, mchid: string): JsonObject {
  return {
    ...pick(order.wire, ['appid', 'out_order_no', 'service_id']),
    mchid,
    order_id: order.orderId,
  };
}

/** The answer to a create and its repeats. */
export function createdView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  const hasPackage = rules.packageWithoutConfirm || needsUserConfirm(order.wire, rules);
  return {
    ...baseView(order, mchid, rules),
    ...pick(order.wire, ['attach', 'notify_url']),
    ...(hasPackage && { package: order.launchPackage }),
  };
}

/** The answer to a complete: the order without its collection. */
export function completedView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  return {
    ...baseView(order, mchid, rules),
    total_amount: order.totalAmount,
    need_collection: order.collects || rules.needCollectionAtZero,
  };
}

/** The payload of the notifications: the order as a query shows it. */
export function notifiedView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  const view = orderView(order, mchid, rules);
  const total = view['total_amount'];
  const isText = rules.notifyTotalAsText && total !== undefined;
  return isText ? { ...view, total_amount: String(total) } : view;
}

/** The answer to a query and a sync. */
export function orderView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  return {
    ...baseView(order, mchid, rules),
    ...pick(order.wire, ['attach', 'notify_url']),
    ...(order.openid !== undefined && { openid: order.openid }),
    ...(order.totalAmount !== undefined && {
      total_amount: order.totalAmount,
      need_collection: order.collects || rules.needCollectionAtZero,
    }),
    ...collection(order, rules),
  };
}

/** The answer to a modify: the order with its collection, without the user. */
export function modifiedView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  const { openid: _left, ...view } = orderView(order, mchid, rules);
  return view;
}

/** What the controls show: also WeChat Pay's internal values. Only for tests. */
export function serviceOrderControlView(order: ServiceOrder): object {
  return {
    out_order_no: order.outOrderNo,
    ...STATES[order.phase],
    total_amount: order.totalAmount ?? null,
    order_id: order.orderId,
    query_id: order.queryId,
    request: order.wire,
  };
}

function baseView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  const location = objectOf(order, 'location');
  return {
    ...fiveIds(order, mchid),
    ...pick(order.wire, ['service_introduction']),
    ...STATES[order.phase],
    ...lists(order, rules),
    ...pick(order.wire, ['risk_fund']),
    time_range: timeRange(order, rules),
    ...(Object.keys(location).length > 0 && { location }),
  };
}

/** The payments and discounts: those of the create, until a complete replaces them. */
function lists({ wire, replaced }: ServiceOrder, rules: SandboxRules): JsonObject {
  const names = ['post_payments', 'post_discounts'];
  if (rules.discountAmountAtCreate === 'kept') {
    return pick({ ...wire, ...replaced }, names);
  }
  const discounts = objects(wire, 'post_discounts').map(({ amount: _ignored, ...rest }) => rest);
  const created = discounts.length > 0 ? { ...wire, post_discounts: discounts } : wire;
  return pick({ ...created, ...replaced }, names);
}

function timeRange(order: ServiceOrder, rules: SandboxRules): JsonObject {
  const { start_time: _sent, ...rest } = objectOf(order, 'time_range');
  const start = startTimeOf(order);
  const hidden = start === 'OnAccept' && rules.startTimeBeforeAccept === 'absent';
  return { ...(start !== undefined && !hidden && { start_time: start }), ...rest };
}

/** There is none before the complete, and none where there is nothing to collect. */
function collection(
  { phase, totalAmount, collects, payment }: ServiceOrder,
  rules: SandboxRules,
): JsonObject {
  if (totalAmount === undefined || !collects || phase === 'revoked') {
    return {};
  }
  const isPaid = payment !== undefined;
  return {
    ...(isPaid && rules.promotionDetail === 'top-level' && COUPON),
    collection: {
      state: isPaid ? 'USER_PAID' : 'USER_PAYING',
      total_amount: totalAmount,
      paying_amount: isPaid ? 0 : totalAmount,
      paid_amount: isPaid ? totalAmount : 0,
      ...(isPaid && rules.promotionDetail === 'in-collection' && COUPON),
      details: isPaid ? details(payment, rules) : rules.emptyDetailBeforePayment ? [{}] : [],
    },
  };
}

function details(
  { details: parts, type, atMs }: Payment,
  { promotionDetail }: SandboxRules,
): readonly JsonObject[] {
  return parts.map(({ amount, transactionId }, index) => ({
    seq: index + 1,
    amount,
    paid_type: type,
    paid_time: beijingDigits(atMs),
    ...(transactionId && { transaction_id: transactionId }),
    ...(promotionDetail === 'in-detail' && COUPON),
  }));
}
