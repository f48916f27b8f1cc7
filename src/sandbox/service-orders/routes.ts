import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { beijingMs } from '../clock.ts';
import { isJsonObject, type JsonObject, pick, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Finding } from '../validation/body-findings.ts';
import { at, readObject } from '../validation/body-object.ts';
import { cancelFindings, syncFindings } from '../validation/operation-findings.ts';
import { endsTooSoon } from '../validation/service-times.ts';
import { NUMBER, success } from '../wechat/answer.ts';
import { invalidRequest, orderIs, orderNotFound, paramError } from '../wechat/refusal.ts';
import { mustBeBound, queriedOrder } from '../wechat/routes/parameters.ts';
import type { Outcome, Route, WechatCall } from '../wechat/routes/route.ts';
import { mustBeWithinRisk, mustEndInTime, totalOf } from './completion.ts';
import {
  completeServiceOrderFindings,
  createServiceOrderFindings,
  modifyFindings,
  payFindings,
} from './findings.ts';
import {
  isBusy,
  newServiceOrder,
  type Phase,
  paid,
  type ServiceOrder,
  type ServiceOrderOperation,
} from './service-order.ts';
import { collect, complete, enter, settle } from './steps.ts';
import { completedView, createdView, fiveIds, modifiedView, orderView } from './views.ts';

const PATH = '/v3/payscore/serviceorder';

/** 创建支付分订单. The same parameters again succeed; others are refused with 271316598. */
const create: Route = {
  kind: 'create',
  method: 'POST',
  path: PATH,
  handle: (call, sandbox) => {
    const { clock, identity, rules, serviceOrders, users } = sandbox;
    const wire = readObject(call.body, (sent) => createServiceOrderFindings(sent, rules));
    mustBeBound(wire['appid'], wire['service_id'], sandbox);
    const answerFor = (order: ServiceOrder) =>
      success(createdView(order, identity.credentials.WECHAT_MCHID, rules));
    const existing = serviceOrders.find(textOf(wire, 'out_order_no') ?? '', clock.now());
    if (existing) {
      if (!isDeepStrictEqual(existing.wire, wire)) {
        throw invalidRequest('订单重入参数校验失败', NUMBER.reentryDiffers);
      }
      return { answer: answerFor(existing) };
    }
    const range = wire['time_range'];
    if (isJsonObject(range) && endsTooSoon(textOf(range, 'end_time'), clock.now())) {
      const issue = 'not more than a minute after the call, or before its day';
      throw paramError('参数错误', at('/time_range/end_time', issue));
    }
    const openid = textOf(wire, 'openid');
    if (wire['need_user_confirm'] === false && users.stateOf(openid ?? '') !== 'AVAILABLE') {
      throw invalidRequest('用户未授权服务，不能创建免确认订单', NUMBER.noPermission);
    }
    const order = newServiceOrder(wire, clock.now());
    return { answer: answerFor(order), commit: () => enter(order, sandbox) };
  },
};

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
  mustAllow: ({ phase }) => {
    if (phase === 'accepted') {
      return;
    }
    throw phase === 'completed'
      ? invalidRequest('订单重入参数校验失败', NUMBER.reentryDiffers)
      : wrongState(phase);
  },
  prepare: (order, wire, sandbox) => {
    const total = totalOf(wire);
    mustBeWithinRisk(total, order);
    mustEndInTime(order, wire, sandbox.clock.now());
    const names = ['post_payments', 'post_discounts', 'time_range', 'location'];
    const completed: ServiceOrder = {
      ...order,
      phase: total === 0 && sandbox.rules.stateAfterZeroTotal === 'DONE' ? 'done' : 'completed',
      completedAtMs: sandbox.clock.now(),
      totalAmount: total,
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
  mustAllow: ({ phase }) => {
    if (phase !== 'completed') {
      throw invalidRequest('仅待支付时可用', NUMBER.onlyWhilePaying);
    }
  },
  prepare: (order, wire, sandbox) => {
    const total = totalOf(wire);
    if (total >= (order.totalAmount ?? 0)) {
      throw paramError('修改后的金额必须小于原金额', at('/total_amount', 'not lower than before'));
    }
    const lists = pick(wire, ['post_payments', 'post_discounts']);
    const modified = { ...order, totalAmount: total, replaced: { ...order.replaced, ...lists } };
    return { shown: modified, commit: () => sandbox.serviceOrders.put(modified) };
  },
  answer: modifiedView,
});

/** 取消支付分订单. */
const cancel = operation({
  operation: 'cancel',
  findings: cancelFindings,
  mustAllow: ({ phase }, { cancelWhilePaying }) => {
    if (phase === 'created' || phase === 'accepted') {
      return;
    }
    if (phase === 'completed') {
      if (!cancelWhilePaying) {
        throw orderIs('INVALID_ORDER_STATE', '当前订单状态不满足撤销条件', NUMBER.notCancellable);
      }
      return;
    }
    throw wrongState(phase, NUMBER.notCancellable);
  },
  prepare: (order, _wire, sandbox) => {
    const cancelled: ServiceOrder = { ...order, phase: 'revoked' };
    return { shown: cancelled, commit: () => sandbox.serviceOrders.put(cancelled) };
  },
  answer: fiveIds,
});

/** 商户发起催收扣款: one more debit. */
const payOrder = operation({
  operation: 'pay',
  findings: payFindings,
  mustAllow: ({ phase }) => {
    if (phase === 'accepted' || phase === 'created') {
      throw invalidRequest('当前订单状态不合法，订单状态为确认状态', NUMBER.stillToConfirm);
    }
    if (phase !== 'completed') {
      throw invalidRequest('仅待支付时可用', NUMBER.onlyWhilePaying);
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
  findings: syncFindings,
  mustAllow: ({ phase }) => {
    if (phase !== 'completed') {
      throw wrongState(phase);
    }
  },
  prepare: (order, wire, sandbox) => {
    const detail = wire['detail'];
    const digits = isJsonObject(detail) ? textOf(detail, 'paid_time') : undefined;
    const paidAtMs = beijingMs(digits ?? '') ?? sandbox.clock.now();
    if (paidAtMs > sandbox.clock.now() || paidAtMs <= (order.completedAtMs ?? 0)) {
      const issue = 'not between the complete and the call';
      throw paramError('参数错误', at('/detail/paid_time', issue));
    }
    const settled = paid(order, 'MCH', paidAtMs);
    return { shown: settled, commit: () => settle(settled, sandbox) };
  },
  answer: orderView,
});

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
  const wire = readObject(call.body, (sent) => findings(sent, rules));
  mustBeBound(wire['appid'], wire['service_id'], sandbox);
  const order = serviceOrders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw orderNotFound();
  }
  const mchid = identity.credentials.WECHAT_MCHID;
  const digest = createHash('sha256').update(call.body).digest('hex');
  const isRepeat = name !== 'pay' && rules.repeatAnswersSuccess && order.succeeded[name] === digest;
  if (isRepeat) {
    return { answer: success(answer(order, mchid, rules)) };
  }
  if (isBusy(order, clock.now())) {
    throw invalidRequest('单据正在扣款中', NUMBER.debitRunning);
  }
  mustAllow(order, rules);
  const succeeded = { ...order.succeeded, [name]: digest };
  const { shown, commit } = prepare({ ...order, succeeded }, wire, sandbox);
  return { answer: success(answer(shown, mchid, rules)), commit };
}

function wrongState(phase: Phase, number: number = NUMBER.wrongState) {
  switch (phase) {
    case 'revoked':
      return orderIs('ORDER_CANCELED', '订单已撤销', NUMBER.cancelled);
    case 'done':
      return orderIs('ORDER_DONE', '订单已完结', NUMBER.unlisted);
    default:
      return invalidRequest('当前订单状态不合法', number);
  }
}
