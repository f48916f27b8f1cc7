import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, pick, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import type { SandboxState } from '../sandbox.ts';
import { objects } from '../validation/body-findings.ts';
import { at, readObject } from '../validation/body-object.ts';
import { endsTooSoon } from '../validation/service-times.ts';
import { NUMBER, success } from '../wechat/answer.ts';
import { invalidRequest, noPermission, paramError } from '../wechat/refusal.ts';
import { mustBeBound } from '../wechat/routes/parameters.ts';
import type { Route } from '../wechat/routes/route.ts';
import { aboveRisk } from './completion.ts';
import { createServiceOrderFindings, needsUserConfirm } from './create-findings.ts';
import { assessmentOf } from './refusals.ts';
import {
  accepted,
  newServiceOrder,
  repackaged,
  riskAmountOf,
  type ServiceOrder,
} from './service-order.ts';
import { enter } from './steps.ts';
import { createdView } from './views.ts';

export const PATH = '/v3/payscore/serviceorder';

/** 创建支付分订单. The same parameters again succeed; others are refused with 271316598. */
export const create: Route = {
  kind: 'create',
  method: 'POST',
  path: PATH,
  handle: (call, sandbox) => {
    const { clock, identity, rules, serviceOrders } = sandbox;
    const wire = readObject(call.body, (sent) => createServiceOrderFindings(sent, rules));
    mustBeBound(wire['appid'], wire['service_id'], sandbox);
    const answerFor = (order: ServiceOrder) =>
      success(createdView(order, identity.credentials.WECHAT_MCHID, rules));
    const existing = serviceOrders.find(textOf(wire, 'out_order_no') ?? '', clock.now());
    if (existing) {
      if (!isDeepStrictEqual(compared(existing.wire, rules), compared(wire, rules))) {
        throw invalidRequest('订单重入参数校验失败', NUMBER.reentryDiffers);
      }
      const again = rules.samePackageOnRepeat ? existing : repackaged(existing, clock.now());
      return { answer: answerFor(again), commit: () => serviceOrders.put(again) };
    }
    mustBeAcceptable(wire, sandbox);
    const order = begun(newServiceOrder(wire, clock.now()), sandbox);
    return { answer: answerFor(order), commit: () => enter(order, sandbox) };
  },
};

/** What a repeat must have in common with the first create, by the rule `createCompares`. */
function compared(wire: JsonObject, { createCompares }: SandboxRules): JsonObject {
  if (createCompares === 'everything') {
    return wire;
  }
  const fund = wire['risk_fund'];
  return {
    ...pick(wire, ['appid', 'service_id', 'openid']),
    amounts: objects(wire, 'post_payments').map(({ amount }) => amount),
    risk: isJsonObject(fund) ? fund['amount'] : undefined,
  };
}

/** Rejects what depends on the time, the service, or the user. */
function mustBeAcceptable(wire: JsonObject, { clock, rules, users }: SandboxState): void {
  const range = wire['time_range'];
  if (isJsonObject(range) && endsTooSoon(textOf(range, 'end_time'), clock.now())) {
    const issue = 'not more than a minute after the call, or before its day';
    throw paramError('参数错误', at('/time_range/end_time', issue));
  }
  if (rules.riskCap !== null && riskAmountOf({ wire }) > rules.riskCap) {
    throw aboveRisk('/risk_fund/amount');
  }
  if (needsUserConfirm(wire, rules)) {
    return;
  }
  if (rules.withoutConfirmation === 'refused') {
    throw noPermission('商户暂无权限使用此服务');
  }
  if (users.stateOf(textOf(wire, 'openid') ?? '') !== 'AVAILABLE') {
    throw noPermission('用户未授权服务，不能创建免确认订单');
  }
  const refused = assessmentOf(rules);
  if (refused) {
    throw invalidRequest(refused.message, refused.number);
  }
}

/** Without confirmation by the user the service starts immediately. */
function begun(order: ServiceOrder, { clock, rules }: SandboxState): ServiceOrder {
  const starts = !needsUserConfirm(order.wire, rules) && rules.withoutConfirmation === 'starts';
  return starts ? accepted(order, textOf(order.wire, 'openid') ?? '', clock.now()) : order;
}
