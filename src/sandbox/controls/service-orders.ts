import type { SandboxState } from '../sandbox.ts';
import { endPermission, grant, hasOpenOrders } from '../service-orders/permissions/steps.ts';
import { assessmentOf } from '../service-orders/refusals.ts';
import type { ServiceOrder } from '../service-orders/service-order.ts';
import { confirm, leave, pay } from '../service-orders/steps.ts';
import { serviceOrderControlView } from '../service-orders/views.ts';
import { type OrderAction, permissionActions, serviceOrderActions } from '../user-actions.ts';
import type { Control, ControlCall } from './control.ts';
import { ControlError, readInput } from './control-input.ts';
import { launchControl } from './launch.ts';

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
  handle: (call, sandbox) =>
    act('confirm', call, sandbox, (order) => {
      const refused = assessmentOf(sandbox.rules);
      if (refused) {
        throw new ControlError(409, `${refused.message} (${refused.number})`);
      }
      return confirm(order, USER, sandbox);
    }),
};

const declineOrder: Control = {
  method: 'POST',
  path: '/sandbox/service-orders/{out_order_no}/decline',
  zh: '用户离开确认页，package 随即失效',
  en: 'the user leaves the page: the package is spent, and the rule stateAfterDecline decides',
  handle: (call, sandbox) => act('decline', call, sandbox, (order) => leave(order, sandbox)),
};

const payOrder: Control = {
  method: 'POST',
  path: '/sandbox/service-orders/{out_order_no}/pay',
  zh: '用户支付服务订单',
  en: 'the user pays: MCH_COMPLETE becomes DONE',
  handle: (call, sandbox) => act('pay', call, sandbox, (order) => pay(order, sandbox)),
};

const expireOrder: Control = {
  method: 'POST',
  path: '/sandbox/service-orders/{out_order_no}/expire',
  zh: '服务订单立即失效',
  en: 'CREATED becomes EXPIRED now',
  handle: (call, sandbox) =>
    act('expire', call, sandbox, (order) => {
      const expired: ServiceOrder = { ...order, phase: 'expired' };
      sandbox.serviceOrders.put(expired);
      return expired;
    }),
};

const listPermissions: Control = {
  method: 'GET',
  path: '/sandbox/permissions',
  zh: '所有免确认授权',
  en: 'all permissions',
  handle: (_call, { permissions }) => permissions.all(),
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
    const permission = permissionOf(pathValues, sandbox);
    const isDone = permissionActions(permission).grant === 'done' && permission.openid === openid;
    return isDone ? permission : grant(permission, openid, sandbox);
  },
};

const revoke: Control = {
  method: 'POST',
  path: '/sandbox/permissions/{authorization_code}/revoke',
  zh: '用户关闭免确认授权',
  en: 'the user ends the permission; not while orders are under way',
  handle: ({ pathValues }, sandbox) => {
    const permission = permissionOf(pathValues, sandbox);
    switch (permissionActions(permission).revoke) {
      case 'done':
        return permission;
      case 'impossible':
        throw new ControlError(409, `the permission is ${permission.state}: there is none to end`);
      case 'possible':
        if (hasOpenOrders(permission, sandbox)) {
          throw new ControlError(409, '存在未完成订单: orders of the user are under way');
        }
        return endPermission(permission, sandbox);
    }
  },
};

export const serviceOrderControls: readonly Control[] = [
  list,
  confirmOrder,
  declineOrder,
  payOrder,
  expireOrder,
  launchControl,
  listPermissions,
  permit,
  revoke,
];

function permissionOf(pathValues: ControlCall['pathValues'], { permissions }: SandboxState) {
  const permission = permissions.find(pathValues.get('authorization_code') ?? '');
  if (!permission) {
    throw new ControlError(404, 'no permission has this authorization_code');
  }
  return permission;
}

/** Does what is possible; what has happened already has no effect and is no error. */
function act(
  action: OrderAction,
  call: ControlCall,
  { serviceOrders, clock, rules }: SandboxState,
  step: (order: ServiceOrder) => ServiceOrder,
): object {
  const order = serviceOrders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
  if (!order) {
    throw new ControlError(404, 'no service order has this out_order_no');
  }
  const possibility = serviceOrderActions(order, rules)[action];
  if (possibility === 'impossible') {
    const why = order.left && order.phase === 'created' ? 'left by its user' : order.phase;
    throw new ControlError(409, `the service order is ${why}: ${action} is not possible`);
  }
  return serviceOrderControlView(possibility === 'possible' ? step(order) : order);
}
