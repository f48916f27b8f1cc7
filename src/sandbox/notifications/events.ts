import { beijingDigits, beijingRfc3339 } from '../clock.ts';
import { queryAnswer } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { UseServiceState } from '../orders/users.ts';
import { randomDigits } from '../random.ts';
import type { World } from '../sandbox.ts';
import { deliver } from './deliver.ts';
import { type EventType, type Notice, newNotice } from './notification.ts';

/** Tells the merchant of an order's new state: accepted or paid. WeChat tells of no other. */
export function announceOrder(order: Order, world: World): void {
  const notice = orderNotice(order, world);
  if (notice) {
    deliver(notice, world);
  }
}

/** The notice of an order's state; its payload is what a query shows. undefined: none is known. */
export function orderNotice(order: Order, world: World): Notice | undefined {
  const eventType = eventOf(order, world);
  const { WECHAT_MCHID } = world.identity.credentials;
  return (
    eventType &&
    make(eventType, order.outOrderNo, queryAnswer(order, WECHAT_MCHID, world.rules), world)
  );
}

function eventOf({ state }: Order, { rules }: World): EventType | undefined {
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
export function announceUser(openid: string, state: UseServiceState, world: World): void {
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

function make(eventType: EventType, outOrderNo: string | null, payload: object, world: World) {
  const createTime = beijingRfc3339(world.clock.now());
  const { WECHAT_APIV3_KEY } = world.identity.credentials;
  return newNotice({ eventType, outOrderNo, createTime, payload }, WECHAT_APIV3_KEY);
}
