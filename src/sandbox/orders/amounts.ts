import { type JsonObject, numberOf } from '../http/json.ts';
import { at } from '../validation/body-object.ts';
import { NUMBER } from '../wechat/answer.ts';
import { paramError } from '../wechat/refusal.ts';
import type { Order } from './orders.ts';

/** Refuses a total that is not what fees and discounts come to, or above the order's risk amount. */
export function mustAddUp(
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
