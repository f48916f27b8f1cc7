import type { OrderState } from '../orders/order-state.ts';
import { take } from '../orders/order-steps.ts';
import { controlView } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Control, ControlCall } from './control.ts';
import { ControlError } from './control-input.ts';

const listOrders: Control = {
  method: 'GET',
  path: '/sandbox/orders',
  zh: '所有订单，含解密后的姓名、电话等',
  en: 'all orders, with the decrypted personal fields',
  handle: (_call, { orders, clock }) => orders.all(clock.now()).map(controlView),
};

const confirm: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/confirm',
  zh: '用户确认订单',
  en: 'the user confirms: CREATED becomes USER_ACCEPTED',
  handle: (call, sandbox) => move(orderOf(call, sandbox), 'USER_ACCEPTED', sandbox),
};

const decline: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/decline',
  zh: '用户离开确认页',
  en: 'the user leaves the page: the rule stateAfterDecline decides',
  handle: (call, sandbox) => {
    const order = orderOf(call, sandbox);
    if (order.state !== 'CREATED') {
      throw illegal(order, 'declined');
    }
    const { stateAfterDecline } = sandbox.rules;
    return stateAfterDecline === 'CREATED'
      ? controlView(order)
      : move(order, stateAfterDecline, sandbox);
  },
};

const pay: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/pay',
  zh: '用户付款',
  en: 'the user pays: FINISHED becomes USER_PAID',
  handle: (call, sandbox) => {
    const order = orderOf(call, sandbox);
    const skipsComplete = order.state === 'USER_ACCEPTED' && sandbox.rules.payBeforeComplete;
    return move(skipsComplete ? { ...order, state: 'FINISHED' } : order, 'USER_PAID', sandbox);
  },
};

const expire: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/expire',
  zh: '订单立即失效',
  en: 'CREATED becomes EXPIRED now',
  handle: (call, sandbox) => move(orderOf(call, sandbox), 'EXPIRED', sandbox),
};

export const orderControls: readonly Control[] = [listOrders, confirm, decline, pay, expire];

function orderOf(call: ControlCall, { orders, clock }: SandboxState): Order {
  const order = orders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw new ControlError(404, 'no order has this out_order_no');
  }
  return order;
}

function move(order: Order, to: OrderState, sandbox: SandboxState): object {
  const moved = take(order, to, sandbox);
  if (!moved) {
    throw illegal(order, to);
  }
  return controlView(moved);
}

function illegal(order: Order, wanted: string): ControlError {
  return new ControlError(409, `the order is ${order.state}; it cannot become ${wanted}`);
}
