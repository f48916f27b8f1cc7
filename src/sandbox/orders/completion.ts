import { beijingDigits } from '../clock.ts';
import { type JsonObject, numberOf, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { objects } from '../validation/body-findings.ts';
import { at, refuseFirst } from '../validation/body-object.ts';
import { againstOrder } from '../validation/completion-findings.ts';
import { endsBeforeStart } from '../validation/service-times.ts';
import { NUMBER } from '../wechat/answer.ts';
import { paramError } from '../wechat/refusal.ts';
import { type Completion, type Order, startTimeOf } from './orders.ts';
import { isTicketOf } from './ticket.ts';

const FIELD = '/real_service_end_time';

/** Rejects an end that is missing, not after the start, or a real one that is later than the call. */
function mustEndInTime(wire: JsonObject, finishType: 1 | 2, order: Order, nowMs: number): void {
  const real = textOf(wire, 'real_service_end_time');
  const end = real ?? textOf(order.wire, 'service_end_time');
  if (finishType === 2 && end === undefined) {
    const detail = at(FIELD, 'required if create gave no service_end_time');
    throw paramError('创建订单未填写服务结束时间，则结束时间必填', detail);
  }
  const given = textOf(wire, 'real_service_start_time');
  const starts = real === undefined ? [given] : [given, startTimeOf(order)];
  if (starts.some((start) => endsBeforeStart(start, end))) {
    const detail = at(FIELD, 'not after the start');
    throw paramError('真实结束时间小于预计开始时间', detail, NUMBER.endsBeforeStart);
  }
  if (real !== undefined && real > beijingDigits(nowMs).slice(0, real.length)) {
    throw paramError('实际结束时间不能晚于使用完结接口的时间', at(FIELD, 'later than the call'));
  }
}

/** Rejects a total that is not fees less discounts, or above the order's risk amount. */
function mustAddUp(
  total: number,
  fees: readonly JsonObject[],
  discounts: readonly JsonObject[],
  order: Order,
): void {
  if (total !== sum(fees, 'fee_amount') - sum(discounts, 'discount_amount')) {
    const issue = 'not the fees less the discounts';
    throw paramError('最终总金额计算非法', at('/total_amount', issue));
  }
  if (total > (numberOf(order.wire, 'risk_amount') ?? Number.POSITIVE_INFINITY)) {
    const detail = at('/total_amount', 'above the risk_amount of the order');
    throw paramError('总金额超过此服务的服务风险金额', detail, NUMBER.aboveRisk);
  }
}

function sum(items: readonly JsonObject[], amount: string): number {
  return items.reduce((total, item) => total + (numberOf(item, amount) ?? 0), 0);
}

/**
 * The result of a complete, if it matches its order.
 * @param wire a body that is valid by itself
 * @throws Refusal 400 PARAM_ERROR, with WeChat Pay's message if it is known
 */
export function completionOf(
  wire: JsonObject,
  order: Order,
  nowMs: number,
  rules: SandboxRules,
): Completion {
  refuseFirst(againstOrder(wire, order, rules));
  const ticket = textOf(wire, 'finish_ticket');
  const isForeign = ticket !== undefined && !isTicketOf(order.ticketSecret, ticket);
  if (rules.analogyRules && isForeign) {
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
