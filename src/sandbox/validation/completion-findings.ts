import { type JsonObject, textOf } from '../http/json.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, objects } from './body-findings.ts';

const MOST_FEES = 100;
const MOST_DISCOUNTS = 5;

/** Errors of a complete in relation to its create. */
export function* againstOrder(
  wire: JsonObject,
  order: Order,
  rules: SandboxRules,
): Generator<Finding> {
  yield* repeatedFees(wire, order);
  if (countNames('discounts', 'discount_name', wire, order) > MOST_DISCOUNTS) {
    yield { field: '/discounts', issue: `more than ${MOST_DISCOUNTS} items with those of create` };
  }
  if (!rules.analogyRules) {
    return;
  }
  if (countNames('fees', 'fee_name', wire, order) > MOST_FEES) {
    yield { field: '/fees', issue: `more than ${MOST_FEES} items with those of create` };
  }
  yield* newDiscounts(wire, order);
  yield* endLocation(wire, order);
}

/** A fee of the create is repeated with its name and amount only. */
function* repeatedFees(wire: JsonObject, order: Order): Generator<Finding> {
  const known = names(order.wire, 'fees', 'fee_name');
  for (const [index, fee] of objects(wire, 'fees').entries()) {
    for (const field of ['fee_count', 'fee_desc']) {
      if (known.has(fee['fee_name']) && fee[field] !== undefined) {
        yield { field: `/fees/${index}/${field}`, issue: 'omitted for a fee given at create' };
      }
    }
  }
}

function* newDiscounts(wire: JsonObject, order: Order): Generator<Finding> {
  const known = names(order.wire, 'discounts', 'discount_name');
  for (const [index, discount] of objects(wire, 'discounts').entries()) {
    if (!known.has(discount['discount_name']) && discount['discount_desc'] === undefined) {
      yield { field: `/discounts/${index}/discount_desc`, issue: 'required' };
    }
  }
}

/**
 * The end location is sent only if it is neither the start location nor the one expected at
 * creation. A missing one cannot be detected: it means that the service ended in one of those.
 */
function* endLocation(wire: JsonObject, order: Order): Generator<Finding> {
  const end = textOf(wire, 'real_service_end_location');
  for (const place of ['service_start_location', 'service_end_location']) {
    if (end !== undefined && end === order.wire[place]) {
      yield { field: '/real_service_end_location', issue: `omitted if it is the ${place}` };
    }
  }
}

function countNames(list: string, name: string, wire: JsonObject, order: Order): number {
  return new Set([...names(order.wire, list, name), ...names(wire, list, name)]).size;
}

function names(wire: JsonObject, list: string, name: string): ReadonlySet<unknown> {
  return new Set(objects(wire, list).map((item) => item[name]));
}
