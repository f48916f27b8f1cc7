import { createHash } from 'node:crypto';
import { beijingMs } from '../../clock.ts';
import { isJsonObject, type JsonObject, textOf } from '../../http/json.ts';
import { completionOf } from '../../orders/completion.ts';
import type { OrderState } from '../../orders/order-state.ts';
import { finish, settle, take } from '../../orders/order-steps.ts';
import { operationAnswer, syncAnswer } from '../../orders/order-views.ts';
import type { Operation, Order } from '../../orders/orders.ts';
import type { SandboxRules } from '../../rules.ts';
import type { SandboxState } from '../../sandbox.ts';
import { at, readObject } from '../../validation/body-object.ts';
import {
  cancelFindings,
  completeFindings,
  syncFindings,
} from '../../validation/operation-findings.ts';
import { NUMBER, success } from '../answer.ts';
import { orderIs, orderNotFound, paramError } from '../refusal.ts';
import { mustBeBound } from './parameters.ts';
import type { Outcome, Route, WechatCall } from './route.ts';

/** 完结先享后付订单: the service is over, or was not used after all. WeChat then collects the money. */
export const complete: Route = {
  kind: 'complete',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/complete',
  handle: (call, world) => {
    const { clock, rules } = world;
    const wire = readObject(call.body, (sent) => completeFindings(sent, rules));
    return operate(call, wire, world, {
      operation: 'complete',
      mustAllow: mustBeCompletable,
      prepare: (order) => {
        const completion = completionOf(wire, order, clock.now(), rules);
        return () => finish(order, completion, world);
      },
      answer: operationAnswer,
    });
  },
};

function mustBeCompletable(state: OrderState): void {
  switch (state) {
    case 'USER_ACCEPTED':
      return;
    case 'FINISHED':
    case 'USER_PAID':
      throw alreadyDone();
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState();
  }
}

/**
 * 撤销先享后付订单. Which states allow it is not documented; as in the neighbouring products it is those
 * before complete.
 */
export const cancel: Route = {
  kind: 'cancel',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/cancel',
  handle: (call, world) => {
    const wire = readObject(call.body, (sent) => cancelFindings(sent, world.rules));
    return operate(call, wire, world, {
      operation: 'cancel',
      mustAllow: mustBeCancellable,
      prepare: (order) => () => take(order, 'REVOKED', world),
      answer: operationAnswer,
    });
  },
};

function mustBeCancellable(state: OrderState): void {
  switch (state) {
    case 'CREATED':
    case 'USER_ACCEPTED':
      return;
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState(NUMBER.notCancellable);
  }
}

/** 支付分订单同步: the merchant says that the user has paid outside of WeChat. */
export const sync: Route = {
  kind: 'sync',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/sync',
  handle: (call, world) => {
    const wire = readObject(call.body, (sent) => syncFindings(sent, world.rules));
    return operate(call, wire, world, {
      operation: 'sync',
      mustAllow: mustBeSettleable,
      prepare: (order) => {
        const paidAtMs = paidTime(wire, order, world.clock.now());
        return () => settle(order, paidAtMs, world);
      },
      answer: syncAnswer,
    });
  },
};

function mustBeSettleable(state: OrderState): void {
  switch (state) {
    case 'FINISHED':
      return;
    case 'USER_PAID':
      throw alreadyDone();
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState();
  }
}

/** Paid after the second of the complete, and not later than the call. */
function paidTime(wire: JsonObject, { completion }: Order, nowMs: number): number {
  const detail = wire['detail'];
  const digits = isJsonObject(detail) ? textOf(detail, 'paid_time') : undefined;
  const paidAtMs = beijingMs(digits ?? '') ?? nowMs;
  if (completion && paidAtMs <= completion.atMs) {
    throw paramError('参数错误', at('/detail/paid_time', 'not after the complete'));
  }
  if (paidAtMs > nowMs) {
    throw paramError('参数错误', at('/detail/paid_time', 'later than the call'));
  }
  return paidAtMs;
}

/** How one operation on an order differs from the others. */
interface OperationRules {
  readonly operation: Operation;
  /** Refuses the states that it can't start from. */
  readonly mustAllow: (state: OrderState) => void;
  /** Refuses what does not fit the order; otherwise what it will do to it. */
  readonly prepare: (order: Order) => () => void;
  readonly answer: (order: Order, mchid: string) => JsonObject;
}

/** Carries out an operation on an order that exists. The same bytes again are a success again. */
function operate(
  call: WechatCall,
  wire: JsonObject,
  world: SandboxState,
  { operation, mustAllow, prepare, answer }: OperationRules,
): Outcome {
  mustBeBound(wire['appid'], wire['service_id'], world);
  const number = call.pathValues.get('out_order_no') ?? '';
  const order = world.orders.find(number, world.clock.now());
  if (!order) {
    throw orderNotFound();
  }
  const done = success(answer(order, world.identity.credentials.WECHAT_MCHID));
  if (isRepeat(order, operation, call.body, world.rules)) {
    return { answer: done };
  }
  mustAllow(order.state);
  return { answer: done, commit: prepare(withSuccess(order, operation, call.body)) };
}

/** Whether an operation is the one that succeeded before, byte for byte, and may be answered so. */
function isRepeat(
  order: Order,
  operation: Operation,
  body: Uint8Array,
  rules: SandboxRules,
): boolean {
  return rules.repeatAnswersSuccess && order.succeeded[operation] === digest(body);
}

/** The order, knowing which body an operation on it succeeded with. */
function withSuccess(order: Order, operation: Operation, body: Uint8Array): Order {
  return { ...order, succeeded: { ...order.succeeded, [operation]: digest(body) } };
}

function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function wrongState(number: number = NUMBER.wrongState) {
  return orderIs('INVALID_ORDER_STATE', '订单状态不允许此操作', number);
}

function alreadyDone() {
  return orderIs('ORDER_DONE', '订单已完结', NUMBER.unlisted);
}

function alreadyCancelled() {
  return orderIs('ORDER_CANCELED', '订单已撤销', NUMBER.cancelled);
}
