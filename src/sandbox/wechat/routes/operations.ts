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
import { mustBeBoundByAnalogy } from './parameters.ts';
import type { Outcome, Route, WechatCall } from './route.ts';

/** 完结先享后付订单: the service has ended, or was not used. WeChat Pay then collects the payment. */
export const complete: Route = {
  kind: 'complete',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/complete',
  handle: (call, sandbox) => {
    const { clock, rules } = sandbox;
    const wire = readObject(call.body, (sent) => completeFindings(sent, rules));
    return operate(call, wire, sandbox, {
      operation: 'complete',
      mustAllow: mustBeCompletable,
      prepare: (order) => {
        const completion = completionOf(wire, order, clock.now(), rules);
        // Where analogyRules is off, a complete may come before the user has accepted.
        const accepted: Order = { acceptedAtMs: clock.now(), ...order, state: 'USER_ACCEPTED' };
        return () => finish(accepted, completion, sandbox);
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
 * 撤销先享后付订单. The states that allow it are not documented; as in the neighbouring products they are
 * those before complete.
 */
export const cancel: Route = {
  kind: 'cancel',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/cancel',
  handle: (call, sandbox) => {
    const wire = readObject(call.body, (sent) => cancelFindings(sent, sandbox.rules));
    return operate(call, wire, sandbox, {
      operation: 'cancel',
      mustAllow: mustBeCancellable,
      prepare: (order) => () => take(order, 'REVOKED', sandbox),
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

/** 支付分订单同步: the merchant reports that the user has paid outside of WeChat Pay. */
export const sync: Route = {
  kind: 'sync',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/sync',
  handle: (call, sandbox) => {
    const wire = readObject(call.body, (sent) => syncFindings(sent, sandbox.rules));
    return operate(call, wire, sandbox, {
      operation: 'sync',
      mustAllow: mustBeSettleable,
      prepare: (order) => {
        const paidAtMs = paidTime(wire, order, sandbox.clock.now());
        return () => settle({ ...order, state: 'FINISHED' }, paidAtMs, sandbox);
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

/** Whether nothing may happen to an order any more. */
function hasEnded(state: OrderState): boolean {
  return state === 'USER_PAID' || state === 'REVOKED' || state === 'EXPIRED';
}

/** What differs between the operations on an order. */
interface OperationRules {
  readonly operation: Operation;
  /** Rejects the states that do not allow it. */
  readonly mustAllow: (state: OrderState) => void;
  /** Rejects what does not match the order; otherwise returns the effect. */
  readonly prepare: (order: Order) => () => void;
  readonly answer: (order: Order, mchid: string) => JsonObject;
}

/** Executes an operation on an existing order. The same bytes succeed again. */
function operate(
  call: WechatCall,
  wire: JsonObject,
  sandbox: SandboxState,
  { operation, mustAllow, prepare, answer }: OperationRules,
): Outcome {
  mustBeBoundByAnalogy(wire['appid'], wire['service_id'], sandbox);
  const number = call.pathValues.get('out_order_no') ?? '';
  const order = sandbox.orders.find(number, sandbox.clock.now());
  if (!order) {
    throw orderNotFound();
  }
  const done = success(answer(order, sandbox.identity.credentials.WECHAT_MCHID));
  if (isRepeat(order, operation, call.body, sandbox.rules)) {
    return { answer: done };
  }
  if (sandbox.rules.analogyRules || hasEnded(order.state)) {
    mustAllow(order.state);
  }
  return { answer: done, commit: prepare(withSuccess(order, operation, call.body)) };
}

/**
 * Whether an operation is an exact repeat of the one that succeeded before, and may succeed again.
 */
function isRepeat(
  order: Order,
  operation: Operation,
  body: Uint8Array,
  rules: SandboxRules,
): boolean {
  return rules.repeatAnswersSuccess && order.succeeded[operation] === digest(body);
}

/** The order with the digest of the body of a successful operation. */
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
  return orderIs('ORDER_CANCELED', '订单已撤销', NUMBER.canceled);
}
