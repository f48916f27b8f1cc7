import { beijingDigits, beijingRfc3339 } from '../clock.ts';
import { queryAnswer } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { UseServiceState } from '../orders/users.ts';
import { randomDigits } from '../random.ts';
import type { SandboxState } from '../sandbox.ts';
import { deliver } from './deliver.ts';
import { type EventType, type Notification, newNotification } from './notification.ts';

/** Tells the merchant of an order's new state: accepted or paid. WeChat tells of no other. */
export function announceOrder(order: Order, world: SandboxState): void {
  const notification = orderNotification(order, world);
  if (notification) {
    deliver(notification, world);
  }
}

/** The notification of an order's state; its payload is what a query shows. undefined: none is known. */
export function orderNotification(order: Order, world: SandboxState): Notification | undefined {
  const eventType = eventOf(order, world);
  const { WECHAT_MCHID } = world.identity.credentials;
  return (
    eventType &&
    make(eventType, order.outOrderNo, queryAnswer(order, WECHAT_MCHID, world.rules), world)
  );
}

function eventOf({ state }: Order, { rules }: SandboxState): EventType | undefined {
  switch (state) {
    case 'USER_ACCEPTED':
      return rules.confirmEventType;
    case 'USER_PAID':
      return 'PAYSCORE.USER_PAID';
    default:
      return undefined;
  }
}

/** Tells the merchant that a user has authorised the service, or does not any more. */
export function announceUser(openid: string, state: UseServiceState, world: SandboxState): void {
  const { WECHAT_APPID, WECHAT_MCHID, WECHAT_SERVICE_ID } = world.identity.credentials;
  const status = state === 'AVAILABLE' ? 'USER_OPEN_SERVICE' : 'USER_CLOSE_SERVICE';
  const payload = {
    appid: WECHAT_APPID,
    mchid: WECHAT_MCHID,
    out_request_no: randomDigits(24),
    service_id: WECHAT_SERVICE_ID,
    openid,
    user_service_status: status,
    openorclose_time: beijingDigits(world.clock.now()),
  };
  deliver(make(`PAYSCORE.${status}`, null, payload, world), world);
}

function make(
  eventType: EventType,
  outOrderNo: string | null,
  payload: object,
  world: SandboxState,
) {
  const createTime = beijingRfc3339(world.clock.now());
  const { WECHAT_APIV3_KEY } = world.identity.credentials;
  return newNotification({ eventType, outOrderNo, createTime, payload }, WECHAT_APIV3_KEY);
}
