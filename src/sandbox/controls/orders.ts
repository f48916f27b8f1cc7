import { take } from '../orders/order-steps.ts';
import { controlView } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import { type OrderAction, payAfterActions } from '../user-actions.ts';
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
  handle: (call, sandbox) =>
    act('confirm', call, sandbox, (order) => take(order, 'USER_ACCEPTED', sandbox)),
};

const decline: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/decline',
  zh: '用户离开确认页',
  en: 'the user leaves the page: the rule stateAfterDecline decides',
  handle: (call, sandbox) =>
    act('decline', call, sandbox, (order) => {
      const { stateAfterDecline } = sandbox.rules;
      return stateAfterDecline === 'CREATED' ? order : take(order, stateAfterDecline, sandbox);
    }),
};

const pay: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/pay',
  zh: '用户付款',
  en: 'the user pays: FINISHED becomes USER_PAID',
  handle: (call, sandbox) =>
    act('pay', call, sandbox, (order) =>
      take({ ...order, state: 'FINISHED' }, 'USER_PAID', sandbox),
    ),
};

const expire: Control = {
  method: 'POST',
  path: '/sandbox/orders/{out_order_no}/expire',
  zh: '订单立即失效',
  en: 'CREATED becomes EXPIRED now',
  handle: (call, sandbox) =>
    act('expire', call, sandbox, (order) => take(order, 'EXPIRED', sandbox)),
};

export const orderControls: readonly Control[] = [listOrders, confirm, decline, pay, expire];

function orderOf(call: ControlCall, { orders, clock }: SandboxState): Order {
  const order = orders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw new ControlError(404, 'no order has this out_order_no');
  }
  return order;
}

/** Does what is possible; what has happened already has no effect and is no error. */
function act(
  action: OrderAction,
  call: ControlCall,
  sandbox: SandboxState,
  step: (order: Order) => Order | undefined,
): object {
  const order = orderOf(call, sandbox);
  const possibility = payAfterActions(order, sandbox.rules)[action];
  if (possibility === 'impossible') {
    throw new ControlError(409, `the order is ${order.state}: ${action} is not possible`);
  }
  return controlView((possibility === 'possible' ? step(order) : undefined) ?? order);
}
