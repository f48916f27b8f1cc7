import { createHash } from 'node:crypto';
import type { Operation, Order } from '../orders/orders.ts';
import type { SandboxRules } from '../rules.ts';

/** Whether an operation is the one that succeeded before, byte for byte, and may be answered so. */
export function isRepeat(
  order: Order,
  operation: Operation,
  body: Uint8Array,
  rules: SandboxRules,
): boolean {
  return rules.repeatAnswersSuccess && order.succeeded[operation] === digest(body);
}

/** The order, knowing which body an operation on it succeeded with. */
export function withSuccess(order: Order, operation: Operation, body: Uint8Array): Order {
  return { ...order, succeeded: { ...order.succeeded, [operation]: digest(body) } };
}

function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
