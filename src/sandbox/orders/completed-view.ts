import { type JsonObject, pick } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objects } from '../validation/body-findings.ts';
import type { Completion, Order } from './orders.ts';

/** What a query shows of an order since its complete, except for fees and discounts. */
export function completedFields(
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
 * Fees and discounts: those of create, and since complete those of complete. An item of both has the
 * amount that complete says, and what only create may say of it.
 */
export function finalLists(order: Order): JsonObject {
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
