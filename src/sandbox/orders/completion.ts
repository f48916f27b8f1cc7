import { type JsonObject, numberOf, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objects } from '../validation/body-findings.ts';
import { at, refuseFirst } from '../validation/body-object.ts';
import { againstOrder } from '../validation/completion-findings.ts';
import { mustEndInTime } from '../validation/service-end.ts';
import { paramError } from '../wechat/refusal.ts';
import { mustAddUp } from './amounts.ts';
import type { Completion, Order } from './orders.ts';
import { isTicketOf } from './ticket.ts';

/**
 * What a complete comes to, if it fits its order.
 *
 * @param wire a body in which nothing is wrong by itself
 * @throws Refusal 400 PARAM_ERROR, in WeChat's words where they are known
 */
export function completionOf(
  wire: JsonObject,
  order: Order,
  nowMs: number,
  rules: SandboxRules,
): Completion {
  refuseFirst(againstOrder(wire, order, rules));
  const ticket = textOf(wire, 'finish_ticket');
  if (ticket !== undefined && !isTicketOf(order.ticketSecret, ticket)) {
    throw paramError('校验完结凭证错误', at('/finish_ticket', 'not a ticket of this order'));
  }
  const finishType = wire['finish_type'] === 1 ? 1 : 2;
  const totalAmount = numberOf(wire, 'total_amount') ?? 0;
  if (rules.analogyRules) {
    mustAddUp(totalAmount, objects(wire, 'fees'), objects(wire, 'discounts'), order);
    mustEndInTime(wire, finishType, order, nowMs);
  }
  return { finishType, totalAmount, atMs: nowMs, wire };
}
