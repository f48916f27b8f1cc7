import { beijingDigits } from '../clock.ts';
import { type JsonObject, pick } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objectOf, type ServiceOrder, startTimeOf } from './service-order.ts';

const STATES = {
  created: { state: 'CREATED' },
  accepted: { state: 'DOING', state_description: 'USER_CONFIRM' },
  completed: { state: 'DOING', state_description: 'MCH_COMPLETE' },
  done: { state: 'DONE' },
  revoked: { state: 'REVOKED' },
  expired: { state: 'EXPIRED' },
} as const;

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
  const { notify_url, attach } = order.wire;
  return {
    ...baseView(order, mchid, rules),
    ...(attach !== undefined && { attach }),
    notify_url,
    package: order.launchPackage,
  };
}

/** The answer to a complete: the order without its collection. */
export function completedView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  return {
    ...baseView(order, mchid, rules),
    total_amount: order.totalAmount,
    need_collection: (order.totalAmount ?? 0) > 0,
  };
}

/** The answer to a query and a sync, and the payload of the notifications. */
export function orderView(order: ServiceOrder, mchid: string, rules: SandboxRules): JsonObject {
  return {
    ...baseView(order, mchid, rules),
    ...pick(order.wire, ['attach', 'notify_url']),
    ...(order.openid !== undefined && { openid: order.openid }),
    ...(order.totalAmount !== undefined && {
      total_amount: order.totalAmount,
      need_collection: order.totalAmount > 0,
    }),
    ...collection(order),
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
    ...pick({ ...order.wire, ...order.replaced }, ['post_payments', 'post_discounts']),
    ...pick(order.wire, ['risk_fund']),
    time_range: timeRange(order, rules),
    ...(Object.keys(location).length > 0 && { location }),
  };
}

function timeRange(order: ServiceOrder, rules: SandboxRules): JsonObject {
  const { start_time: _sent, ...rest } = objectOf(order, 'time_range');
  const start = startTimeOf(order);
  const hidden = start === 'OnAccept' && rules.startTimeBeforeAccept === 'absent';
  return { ...(start !== undefined && !hidden && { start_time: start }), ...rest };
}

/** There is none before the complete, and none where there is nothing to collect. */
function collection({ phase, totalAmount, payment }: ServiceOrder): JsonObject {
  if (totalAmount === undefined || totalAmount === 0 || phase === 'revoked') {
    return {};
  }
  const isPaid = payment !== undefined;
  return {
    collection: {
      state: isPaid ? 'USER_PAID' : 'USER_PAYING',
      total_amount: totalAmount,
      paying_amount: isPaid ? 0 : totalAmount,
      paid_amount: isPaid ? totalAmount : 0,
      details: isPaid
        ? [
            {
              seq: 1,
              amount: totalAmount,
              paid_type: payment.type,
              paid_time: beijingDigits(payment.atMs),
              ...(payment.transactionId && { transaction_id: payment.transactionId }),
            },
          ]
        : [],
    },
  };
}
