import { beijingDigits, beijingRfc3339 } from '../clock.ts';
import { queryAnswer } from '../orders/order-views.ts';
import type { Order } from '../orders/orders.ts';
import type { UseServiceState } from '../orders/users.ts';
import { randomDigits } from '../random.ts';
import type { SandboxState } from '../sandbox.ts';
import type { ServiceOrder } from '../service-orders/service-order.ts';
import { notifiedView } from '../service-orders/views.ts';
import { deliver } from './deliver.ts';
import { type EventType, type Notification, newNotification } from './notification.ts';

/** Notifies the merchant of an order's new state: accepted or paid. WeChat Pay sends no others. */
export function announceOrder(order: Order, sandbox: SandboxState): void {
  const notification = orderNotification(order, sandbox);
  if (notification) {
    deliver(notification, sandbox);
  }
}

/**
 * The notification of an order's state; its payload is what a query shows. undefined: WeChat Pay
 * has none.
 */
export function orderNotification(order: Order, sandbox: SandboxState): Notification | undefined {
  const eventType = eventOf(order, sandbox);
  const { WECHAT_MCHID } = sandbox.identity.credentials;
  return (
    eventType &&
    make(eventType, order.outOrderNo, queryAnswer(order, WECHAT_MCHID, sandbox.rules), sandbox)
  );
}

/**
 * The notification of a service order: confirmed or paid; its payload is what a query shows.
 * undefined: WeChat Pay has none.
 */
export function serviceOrderNotification(
  order: ServiceOrder,
  sandbox: SandboxState,
): Notification | undefined {
  const eventType = serviceOrderEventOf(order);
  const { WECHAT_MCHID } = sandbox.identity.credentials;
  return (
    eventType &&
    make(eventType, order.outOrderNo, notifiedView(order, WECHAT_MCHID, sandbox.rules), sandbox)
  );
}

function serviceOrderEventOf({ phase }: ServiceOrder): EventType | undefined {
  switch (phase) {
    case 'accepted':
      return 'PAYSCORE.USER_CONFIRM';
    case 'done':
      return 'PAYSCORE.USER_PAID';
    default:
      return undefined;
  }
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

/** Notifies the merchant that a user has granted or revoked the authorization of the service. */
export function announceUser(
  openid: string,
  state: UseServiceState,
  sandbox: SandboxState,
  authorizationCode?: string,
): void {
  const { WECHAT_APPID, WECHAT_MCHID, WECHAT_SERVICE_ID } = sandbox.identity.credentials;
  const status = state === 'AVAILABLE' ? 'USER_OPEN_SERVICE' : 'USER_CLOSE_SERVICE';
  const payload = {
    appid: WECHAT_APPID,
    mchid: WECHAT_MCHID,
    ...(authorizationCode === undefined
      ? { out_request_no: randomDigits(24) }
      : { authorization_code: authorizationCode }),
    service_id: WECHAT_SERVICE_ID,
    openid,
    user_service_status: status,
    openorclose_time: beijingDigits(sandbox.clock.now()),
  };
  deliver(make(`PAYSCORE.${status}`, null, payload, sandbox), sandbox);
}

/** The notification that follows a test of signatures and encryption. */
export function announceEcho(
  message: string,
  encrypted: string | undefined,
  sandbox: SandboxState,
): void {
  const payload = {
    echo_message: message,
    ...(encrypted !== undefined && { encrypt_echo_message: encrypted }),
  };
  deliver(make('SECURITY_ECHO.SUCCESS', null, payload, sandbox), sandbox);
}

function make(
  eventType: EventType,
  outOrderNo: string | null,
  payload: object,
  sandbox: SandboxState,
) {
  const createTime = beijingRfc3339(sandbox.clock.now());
  const { WECHAT_APIV3_KEY } = sandbox.identity.credentials;
  return newNotification({ eventType, outOrderNo, createTime, payload }, WECHAT_APIV3_KEY);
}
