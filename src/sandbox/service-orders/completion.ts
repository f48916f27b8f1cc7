import { beijingDigits } from '../clock.ts';
import { isJsonObject, type JsonObject, numberOf, textOf } from '../http/json.ts';
import { objects } from '../validation/body-findings.ts';
import { at } from '../validation/body-object.ts';
import { endsBeforeStart } from '../validation/service-times.ts';
import { NUMBER } from '../wechat/answer.ts';
import { paramError, type Refusal } from '../wechat/refusal.ts';
import { objectOf, riskAmountOf, type ServiceOrder, startTimeOf } from './service-order.ts';

/** The total of a complete or modify. Rejects one that is not the payments less the discounts. */
export function totalOf(wire: JsonObject): number {
  const total = numberOf(wire, 'total_amount') ?? 0;
  if (total !== sum(wire, 'post_payments') - sum(wire, 'post_discounts')) {
    throw paramError(
      '最终总金额计算非法',
      at('/total_amount', 'not the payments less the discounts'),
    );
  }
  return total;
}

/**
 * Rejects a total above what the create allowed: its risk_fund, or for an estimate (先享) the cap of
 * the service.
 */
export function mustBeWithinRisk(total: number, order: ServiceOrder, riskCap: number | null): void {
  const isEstimate = textOf(objectOf(order, 'risk_fund'), 'name') === 'ESTIMATE_ORDER_COST';
  const most = isEstimate ? (riskCap ?? Number.MAX_SAFE_INTEGER) : riskAmountOf(order);
  if (total > most) {
    throw aboveRisk('/total_amount');
  }
}

export function aboveRisk(field: string): Refusal {
  const detail = at(field, 'above the risk amount of the order or the service');
  return paramError('总金额超过此服务的服务风险金额', detail, NUMBER.aboveRisk);
}

/**
 * Rejects an end that is missing, not after the start, or later than the call, and a start where the
 * service started when the user confirmed.
 */
export function mustEndInTime(order: ServiceOrder, wire: JsonObject, nowMs: number): void {
  const field = '/time_range/end_time';
  const range = wire['time_range'];
  const planned = order.wire['time_range'];
  if (
    isJsonObject(range) &&
    range['start_time'] !== undefined &&
    isJsonObject(planned) &&
    planned['start_time'] === 'OnAccept'
  ) {
    throw paramError('参数错误', at('/time_range/start_time', 'omitted after OnAccept'));
  }
  const real = isJsonObject(range) ? textOf(range, 'end_time') : undefined;
  const end = real ?? textOf(objectOf(order, 'time_range'), 'end_time');
  if (end === undefined) {
    const detail = at(field, 'required if create gave none');
    throw paramError('创建订单未填写服务结束时间，则结束时间必填', detail);
  }
  const given = isJsonObject(range) ? textOf(range, 'start_time') : undefined;
  const start = given ?? startTimeOf(order);
  const isGiven = real !== undefined || given !== undefined;
  if (isGiven && endsBeforeStart(start, end)) {
    const detail = at(field, 'not after the start');
    throw paramError('真实结束时间小于预计开始时间', detail, NUMBER.endsBeforeStart);
  }
  if (real !== undefined && end > beijingDigits(nowMs).slice(0, end.length)) {
    throw paramError('实际结束时间不能晚于使用完结接口的时间', at(field, 'later than the call'));
  }
}

function sum(wire: JsonObject, list: string): number {
  return objects(wire, list).reduce((total, item) => total + (numberOf(item, 'amount') ?? 0), 0);
}
