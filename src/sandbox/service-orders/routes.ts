import { createHash } from 'node:crypto';
import { beijingDigits, beijingMs } from '../clock.ts';
import { isJsonObject, type JsonObject, pick, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Finding } from '../validation/body-findings.ts';
import { at, readObject } from '../validation/body-object.ts';
import { NUMBER, success } from '../wechat/answer.ts';
import { invalidRequest, orderNotFound, paramError } from '../wechat/refusal.ts';
import { mustBeBound, queriedOrder } from '../wechat/routes/parameters.ts';
import type { Outcome, Route, WechatCall } from '../wechat/routes/route.ts';
import { mustBeWithinRisk, mustEndInTime, totalOf } from './completion.ts';
import { create, PATH } from './create.ts';
import {
  cancelServiceOrderFindings,
  completeServiceOrderFindings,
  modifyFindings,
  payFindings,
  syncServiceOrderFindings,
} from './operation-findings.ts';
import {
  notCancellable,
  notCompletable,
  notModifiable,
  notPayable,
  notSettleable,
} from './refusals.ts';
import {
  isBusy,
  type Phase,
  paid,
  type ServiceOrder,
  type ServiceOrderOperation,
} from './service-order.ts';
import { collect, complete, settle } from './steps.ts';
import { completedView, fiveIds, modifiedView, orderView } from './views.ts';

/** 查询支付分订单, by exactly one of out_order_no and query_id. */
const query: Route = {
  kind: 'query',
  method: 'GET',
  path: PATH,
  handle: (call, sandbox) => {
    const { identity, serviceOrders, rules } = sandbox;
    const order = queriedOrder(call, serviceOrders, sandbox);
    return { answer: success(orderView(order, identity.credentials.WECHAT_MCHID, rules)) };
  },
};

/** 完结支付分订单: lists, times and places replace those of the create; then WeChat Pay collects. */
const completeOrder = operation({
  operation: 'complete',
  findings: completeServiceOrderFindings,
  mustAllow: ({ phase }, rules) => {
    if (phase === 'completed') {
      throw invalidRequest('订单重入参数校验失败', NUMBER.reentryDiffers);
    }
    if (phase !== 'accepted') {
      throw notCompletable(phase, rules);
    }
  },
  prepare: (order, wire, sandbox) => {
    const { clock, rules } = sandbox;
    const total = totalOf(wire);
    mustBeWithinRisk(total, order, rules.riskCap);
    mustEndInTime(order, wire, clock.now());
    const names = ['post_payments', 'post_discounts', 'time_range', 'location'];
    const completed: ServiceOrder = {
      ...order,
      phase: total === 0 && rules.stateAfterZeroTotal === 'DONE' ? 'done' : 'completed',
      completedAtMs: clock.now(),
      totalAmount: total,
      collects: total > 0,
      replaced: pick(wire, names),
    };
    return { shown: completed, commit: () => complete(completed, sandbox) };
  },
  answer: completedView,
});

/** 修改订单金额: downwards only, while the order is completed and not paid. */
const modify = operation({
  operation: 'modify',
  findings: modifyFindings,
  mustAllow: ({ phase, modified }, rules) => {
    if (phase !== 'completed' || (modified && rules.modifyOnce)) {
      throw notModifiable(phase, rules);
    }
  },
  prepare: (order, wire, sandbox) => {
    const total = totalOf(wire);
    if (total >= (order.totalAmount ?? 0)) {
      throw paramError('修改后的金额必须小于原金额', at('/total_amount', 'not lower than before'));
    }
    if (total === 0 && !sandbox.rules.modifyToZero) {
      throw paramError('修改后的金额必须大于0', at('/total_amount', 'must be above 0'));
    }
    const lists = pick(wire, ['post_payments', 'post_discounts']);
    const lowered: ServiceOrder = {
      ...order,
      totalAmount: total,
      modified: true,
      replaced: { ...order.replaced, ...lists },
    };
    return { shown: lowered, commit: () => sandbox.serviceOrders.put(lowered) };
  },
  answer: modifiedView,
});

/** 取消支付分订单. */
const cancel = operation({
  operation: 'cancel',
  findings: cancelServiceOrderFindings,
  mustAllow: ({ phase }, rules) => {
    const isOpen = phase === 'created' || phase === 'accepted';
    if (!isOpen && !(phase === 'completed' && rules.cancelWhilePaying)) {
      throw notCancellable(phase, rules);
    }
  },
  prepare: (order, _wire, sandbox) => {
    const canceled: ServiceOrder = { ...order, phase: 'revoked' };
    return { shown: canceled, commit: () => sandbox.serviceOrders.put(canceled) };
  },
  answer: fiveIds,
});

/** 商户发起催收扣款: one more debit. */
const payOrder = operation({
  operation: 'pay',
  findings: payFindings,
  mustAllow: ({ phase }, rules) => {
    if (phase !== 'completed') {
      throw notPayable(phase, rules);
    }
    if (rules.collection === 'fails' && rules.payOnEmptyWallet === 'refused') {
      throw invalidRequest('支付分扣款失败', NUMBER.debitFailed);
    }
  },
  prepare: (order, _wire, sandbox) => ({
    shown: order,
    commit: () => collect(order.outOrderNo, sandbox),
  }),
  answer: fiveIds,
});

/** 同步服务订单信息: the user has paid the merchant in another way. */
const sync = operation({
  operation: 'sync',
  findings: syncServiceOrderFindings,
  mustAllow: ({ phase }, rules) => {
    if (phase !== 'completed') {
      throw notSettleable(phase, rules);
    }
  },
  prepare: (order, wire, sandbox) => {
    const settled = paid(order, 'MCH', paidTime(order, wire, sandbox));
    return { shown: settled, commit: () => settle(settled, sandbox) };
  },
  answer: orderView,
});

/** When the user paid: not after the call, and by analogy after the complete; of a day its midnight. */
function paidTime(order: ServiceOrder, wire: JsonObject, { clock, rules }: SandboxState): number {
  const detail = wire['detail'];
  const digits = (isJsonObject(detail) ? textOf(detail, 'paid_time') : undefined) ?? '';
  const completed = beijingDigits(order.completedAtMs ?? 0).slice(0, digits.length);
  const isEarly = digits.length === 8 ? digits < completed : digits <= completed;
  if (rules.analogyRules && (isEarly || digits > beijingDigits(clock.now()))) {
    throw paramError('参数错误', at('/detail/paid_time', 'not between the complete and the call'));
  }
  return beijingMs(digits) ?? clock.now();
}

export const serviceOrderRoutes: readonly Route[] = [
  create,
  query,
  completeOrder,
  modify,
  cancel,
  payOrder,
  sync,
];

interface Prepared {
  /** The order that the answer shows. */
  readonly shown: ServiceOrder;
  readonly commit: () => void;
}

/** What differs between the writes to an existing order. */
interface OperationRules {
  readonly operation: ServiceOrderOperation;
  readonly findings: (wire: JsonObject, rules: SandboxRules) => Iterable<Finding>;
  /** Rejects the phases that do not allow it. */
  readonly mustAllow: (order: ServiceOrder, rules: SandboxRules) => void;
  /** Rejects what does not match the order; otherwise returns the effect. */
  readonly prepare: (order: ServiceOrder, wire: JsonObject, sandbox: SandboxState) => Prepared;
  readonly answer: (order: ServiceOrder, mchid: string, rules: SandboxRules) => JsonObject;
}

function operation(of: OperationRules): Route {
  return {
    kind: of.operation,
    method: 'POST',
    path: `${PATH}/{out_order_no}/${of.operation}`,
    handle: (call, sandbox) => operate(call, sandbox, of),
  };
}

/** Executes a write to an existing order. The same bytes succeed again, except those of a pay. */
function operate(
  call: WechatCall,
  sandbox: SandboxState,
  { operation: name, findings, mustAllow, prepare, answer }: OperationRules,
): Outcome {
  const { clock, identity, rules, serviceOrders } = sandbox;
  const { WECHAT_APPID, WECHAT_MCHID, WECHAT_SERVICE_ID } = identity.credentials;
  const wire = readObject(call.body, (sent) => findings(sent, rules));
  // Some bodies may leave the ids out; the findings say which.
  const { appid = WECHAT_APPID, service_id: serviceId = WECHAT_SERVICE_ID } = wire;
  mustBeBound(appid, serviceId, sandbox);
  const order = serviceOrders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw orderNotFound();
  }
  const digest = createHash('sha256').update(call.body).digest('hex');
  if (order.succeeded[name] === digest && mayRepeat(name, order, rules)) {
    return { answer: success(answer(order, WECHAT_MCHID, rules)) };
  }
  if (isBusy(order, clock.now())) {
    throw invalidRequest('单据正在扣款中', NUMBER.debitRunning);
  }
  mustAllow(order, rules);
  const succeeded = { ...order.succeeded, [name]: digest };
  const { shown, commit } = prepare({ ...order, succeeded }, wire, sandbox);
  return { answer: success(answer(shown, WECHAT_MCHID, rules)), commit };
}

/** What an order is at after a write that may be repeated. Each pay is a debit of its own. */
const REPEATABLE_AT: Readonly<Record<ServiceOrderOperation, readonly Phase[]>> = {
  complete: ['completed', 'done'],
  modify: ['completed', 'done'],
  cancel: ['revoked'],
  sync: ['done'],
  pay: [],
};

/** Whether the bytes that succeeded succeed again. */
function mayRepeat(
  name: ServiceOrderOperation,
  { phase }: ServiceOrder,
  { repeatAnswersSuccess, repeatedModifySucceeds }: SandboxRules,
): boolean {
  const isAllowed = repeatAnswersSuccess && (name !== 'modify' || repeatedModifySucceeds);
  return isAllowed && REPEATABLE_AT[name].includes(phase);
}
