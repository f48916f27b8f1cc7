import { sendOnce } from '../notifications/attempt.ts';
import { RETRY_DELAYS_MS, reschedule, resend } from '../notifications/deliver.ts';
import { orderNotification } from '../notifications/events.ts';
import type { Notification } from '../notifications/notification.ts';
import { checkNotifyUrl } from '../notifications/notify-url.ts';
import type { Delivery } from '../notifications/queue.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Control } from './control.ts';
import { ControlError, readInput } from './control-input.ts';

const showUrl: Control = {
  method: 'GET',
  path: '/sandbox/notify-url',
  zh: '回调地址',
  en: 'where notifications go',
  handle: (_call, { notifications }) => ({ url: notifications.settings.url }),
};

const setUrl: Control = {
  method: 'POST',
  path: '/sandbox/notify-url',
  zh: '设置回调地址，null 为不通知',
  en: 'set where notifications go (this machine only); null: nowhere',
  example: '{"url":"http://127.0.0.1:4000/wechat/notify"}',
  handle: ({ body }, { notifications }) => {
    const input = readInput(body);
    const url = input.isNull('url') ? null : checkNotifyUrl(input.text('url', ''));
    input.refuseOthers();
    notifications.settings = { ...notifications.settings, url };
    return { url };
  },
};

const showSchedule: Control = {
  method: 'GET',
  path: '/sandbox/notify-schedule',
  zh: '通知重试的间隔',
  en: 'how long a notification waits before each retry',
  handle: (_call, world) => scheduleView(world),
};

const setSchedule: Control = {
  method: 'POST',
  path: '/sandbox/notify-schedule',
  zh: '缩短重试间隔，也适用于等待中的通知',
  en: 'shorten the retries, also of what is waiting; and the time to answer (5000 ms)',
  example: '{"factor":0.01,"answerWithinMs":5000}',
  handle: ({ body }, world) => {
    const { settings } = world.notifications;
    const input = readInput(body);
    const factor = input.number('factor', { min: 0, max: 1, fallback: settings.factor });
    const answerWithinMs = input.integer('answerWithinMs', {
      min: 1,
      max: 60_000,
      fallback: settings.answerWithinMs,
    });
    input.refuseOthers();
    world.notifications.settings = { ...settings, factor, answerWithinMs };
    reschedule(world);
    return scheduleView(world);
  },
};

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
  showUrl,
  setUrl,
  showSchedule,
  setSchedule,
  listNotifications,
  clearNotifications,
  resendNotification,
  makeStorm,
];

function scheduleView({ notifications: { settings } }: SandboxState): object {
  const { factor, answerWithinMs } = settings;
  return { factor, answerWithinMs, retriesAfterMs: RETRY_DELAYS_MS.map((ms) => ms * factor) };
}

function notificationView({ notification, attempts }: Delivery): object {
  const { id, eventType, outOrderNo } = notification;
  return { id, event_type: eventType, out_order_no: outOrderNo, attempts };
}

function mustHaveUrl({ notifications }: SandboxState): void {
  if (notifications.settings.url === null) {
    throw new ControlError(409, 'there is no URL to notify; POST /sandbox/notify-url sets it');
  }
}

interface Storm {
  readonly notifications: number;
  readonly concurrency: number;
  /** Each notification has an id of its own, of one order after the other; false: one notification, many times. */
  readonly distinct: boolean;
}

/** How many notifications were answered with which status; `timeout` and the like: with none. */
type StormResult = Readonly<Record<string, number>>;

/** Sends many notifications of orders that are accepted or paid, each once, and off the record. */
async function storm(wanted: Storm, world: SandboxState): Promise<StormResult> {
  const notifications = noticesOf(wanted, world);
  const counts: Record<string, number> = {};
  const sender = async () => {
    // All senders share one generator, so that each notification is sent by one of them.
    for (const notification of notifications) {
      const status = await sendOnce(notification, world.faults.takeForNotification(), world);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: wanted.concurrency }, sender));
  return counts;
}

function* noticesOf(
  { notifications, distinct }: Storm,
  world: SandboxState,
): Generator<Notification> {
  const orders = world.orders.all(world.clock.now()).filter(({ state }) => isAnnounced(state));
  const nth = (index: number) => {
    const order = orders[index % orders.length];
    return order && orderNotification(order, world);
  };
  const first = nth(0);
  for (let sent = 0; first && sent < notifications && !world.closing.aborted; sent += 1) {
    yield (distinct ? nth(sent) : undefined) ?? first;
  }
}

function isAnnounced(state: string): boolean {
  return state === 'USER_ACCEPTED' || state === 'USER_PAID';
}
