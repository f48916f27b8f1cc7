import type { SandboxState } from '../sandbox.ts';
import { grant } from '../service-orders/permission-routes.ts';
import type { ServiceOrder } from '../service-orders/service-order.ts';
import { confirm, pay } from '../service-orders/steps.ts';
import { serviceOrderControlView } from '../service-orders/views.ts';
import type { Control, ControlCall } from './control.ts';
import { ControlError, readInput } from './control-input.ts';

/** The user of the controls, unless they name another. */
const USER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

const list: Control = {
  method: 'GET',
  path: '/sandbox/service-orders',
  zh: '所有支付分服务订单',
  en: 'all service orders',
  handle: (_call, { serviceOrders, clock }) =>
    serviceOrders.all(clock.now()).map(serviceOrderControlView),
};

const confirmOrder: Control = {
  method: 'POST',
  path: '/sandbox/service-orders/{out_order_no}/confirm',
  zh: '用户确认服务订单',
  en: 'the user confirms: CREATED becomes DOING, USER_CONFIRM',
  handle: (call, sandbox) => moved(call, sandbox, (order) => confirm(order, USER, sandbox)),
};

const payOrder: Control = {
  method: 'POST',
  path: '/sandbox/service-orders/{out_order_no}/pay',
  zh: '用户支付服务订单',
  en: 'the user pays: MCH_COMPLETE becomes DONE',
  handle: (call, sandbox) => moved(call, sandbox, (order) => pay(order, sandbox)),
};

const permit: Control = {
  method: 'POST',
  path: '/sandbox/permissions/{authorization_code}/grant',
  zh: '用户开通免确认授权',
  en: 'the user permits orders without confirmation',
  example: `{"openid":"${USER}"}`,
  handle: ({ pathValues, body }, sandbox) => {
    const input = readInput(body);
    const openid = input.text('openid', USER);
    input.refuseOthers();
    const permission = sandbox.permissions.find(pathValues.get('authorization_code') ?? '');
    if (!permission) {
      throw new ControlError(404, 'no permission has this authorization_code');
    }
    return grant(permission, openid, sandbox);
  },
};

export const serviceOrderControls: readonly Control[] = [list, confirmOrder, payOrder, permit];

function moved(
  call: ControlCall,
  { serviceOrders, clock }: SandboxState,
  step: (order: ServiceOrder) => ServiceOrder | undefined,
): object {
  const order = serviceOrders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw new ControlError(404, 'no service order has this out_order_no');
  }
  const next = step(order);
  if (!next) {
    throw new ControlError(409, `the service order is ${order.phase}: this step does not exist`);
  }
  return serviceOrderControlView(next);
}
