import { resend } from '../notifications/deliver.ts';
import { storm } from '../notifications/load-test.ts';
import type { Delivery } from '../notifications/queue.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Control } from './control.ts';
import { ControlError, readInput } from './control-input.ts';

const listNotifications: Control = {
  method: 'GET',
  path: '/sandbox/notifications',
  zh: '最近 1000 个通知及每次发送',
  en: 'the last 1,000 notifications, with every attempt',
  handle: (_call, { notifications }) => notifications.list().map(notificationView),
};

const clearNotifications: Control = {
  method: 'DELETE',
  path: '/sandbox/notifications',
  zh: '清除通知，不再重试',
  en: 'forget the notifications; none is sent again',
  handle: (_call, { notifications }) => {
    notifications.clear();
    return notifications.list();
  },
};

const resendNotification: Control = {
  method: 'POST',
  path: '/sandbox/notifications/{id}/resend',
  zh: '立即再发一次',
  en: 'send one again now; answers once it is answered',
  handle: async ({ pathValues }, world) => {
    const delivery = world.notifications.find(pathValues.get('id') ?? '');
    if (!delivery) {
      throw new ControlError(404, 'no notification has this id');
    }
    mustHaveUrl(world);
    await resend(delivery, world);
    return notificationView(delivery);
  },
};

const makeStorm: Control = {
  method: 'POST',
  path: '/sandbox/storm',
  zh: '通知风暴：每个只发一次，不记录',
  en: 'many notifications of accepted and paid orders, each sent once and not listed',
  example: '{"notices":1000,"concurrency":32,"distinct":true}',
  handle: async ({ body }, world) => {
    const input = readInput(body);
    const wanted = {
      notifications: input.integer('notices', { min: 1, max: 1_000_000 }),
      concurrency: input.integer('concurrency', { min: 1, max: 1_000, fallback: 32 }),
      distinct: input.flag('distinct', true),
    };
    input.refuseOthers();
    mustHaveUrl(world);
    const startMs = performance.now();
    const statuses = await storm(wanted, world);
    if (Object.keys(statuses).length === 0) {
      throw new ControlError(409, 'no order is accepted or paid');
    }
    return { statuses, ms: Math.round(performance.now() - startMs) };
  },
};

export const notificationControls: readonly Control[] = [
  listNotifications,
  clearNotifications,
  resendNotification,
  makeStorm,
];

function notificationView({ notification, attempts }: Delivery): object {
  const { id, eventType, outOrderNo } = notification;
  return { id, event_type: eventType, out_order_no: outOrderNo, attempts };
}

function mustHaveUrl({ notifications }: SandboxState): void {
  if (notifications.settings.url === null) {
    throw new ControlError(409, 'there is no URL to notify; POST /sandbox/notify-url sets it');
  }
}
