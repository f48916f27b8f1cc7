import { createHash } from 'node:crypto';
import type { JsonObject } from '../../http/json.ts';
import type { OrderState } from '../../orders/order-state.ts';
import type { Operation, Order } from '../../orders/orders.ts';
import type { SandboxRules } from '../../rules.ts';
import type { SandboxState } from '../../sandbox.ts';
import { NUMBER, success } from '../answer.ts';
import { orderIs, orderNotFound } from '../refusal.ts';
import { mustBeBound } from './parameters.ts';
import type { Outcome, WechatCall } from './route.ts';

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
export function operate(
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

export function wrongState(number: number = NUMBER.wrongState) {
  return orderIs('INVALID_ORDER_STATE', '订单状态不允许此操作', number);
}

export function alreadyDone() {
  return orderIs('ORDER_DONE', '订单已完结', NUMBER.unlisted);
}

export function alreadyCancelled() {
  return orderIs('ORDER_CANCELED', '订单已撤销', NUMBER.cancelled);
}
