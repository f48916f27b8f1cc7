import { sendOnce } from '../notifications/attempt.ts';
import { RETRY_DELAYS_MS, reschedule, resend } from '../notifications/deliver.ts';
import { orderNotification, serviceOrderNotification } from '../notifications/events.ts';
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
  en: 'the notification URL',
  handle: (_call, { notifications }) => ({ url: notifications.settings.url }),
};

const setUrl: Control = {
  method: 'POST',
  path: '/sandbox/notify-url',
  zh: '设置回调地址，null 为不通知',
  en: 'set the notification URL (this machine only); null disables notifications',
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
  en: 'the back-off before each retry of a notification',
  handle: (_call, sandbox) => scheduleView(sandbox),
};

const setSchedule: Control = {
  method: 'POST',
  path: '/sandbox/notify-schedule',
  zh: '缩短重试间隔，也适用于等待中的通知',
  en: 'shorten the back-off, also of pending retries, and set the time-out (5000 ms)',
  example: '{"factor":0.01,"answerWithinMs":5000}',
  handle: ({ body }, sandbox) => {
    const { settings } = sandbox.notifications;
    const input = readInput(body);
    const factor = input.number('factor', { min: 0, max: 1, fallback: settings.factor });
    const answerWithinMs = input.integer('answerWithinMs', {
      min: 1,
      max: 60_000,
      fallback: settings.answerWithinMs,
    });
    input.refuseOthers();
    sandbox.notifications.settings = { ...settings, factor, answerWithinMs };
    reschedule(sandbox);
    return scheduleView(sandbox);
  },
};

const listNotifications: Control = {
  method: 'GET',
  path: '/sandbox/notifications',
  zh: '最近 1000 个通知（及仍在重试的更早通知）的每次发送',
  en: 'the last 1,000 notifications, and older ones still retried, with every attempt',
  handle: (_call, { notifications }) => notifications.list().map(notificationView),
};

const clearNotifications: Control = {
  method: 'DELETE',
  path: '/sandbox/notifications',
  zh: '清除通知，不再重试',
  en: 'delete the notifications; pending retries are canceled',
  handle: (_call, { notifications }) => {
    notifications.clear();
    return notifications.list();
  },
};

const resendNotification: Control = {
  method: 'POST',
  path: '/sandbox/notifications/{id}/resend',
  zh: '立即再发一次',
  en: 'resend a notification now; responds when the attempt has ended',
  handle: async ({ pathValues }, sandbox) => {
    const delivery = sandbox.notifications.find(pathValues.get('id') ?? '');
    if (!delivery) {
      throw new ControlError(404, 'no notification has this id');
    }
    mustHaveUrl(sandbox);
    await resend(delivery, sandbox);
    return notificationView(delivery);
  },
};

const makeStorm: Control = {
  method: 'POST',
  path: '/sandbox/storm',
  zh: '通知风暴：每个只发一次，不记录',
  en: 'send many notifications of accepted and paid orders, each once and unlisted',
  example: '{"notices":1000,"concurrency":32,"distinct":true}',
  handle: async ({ body }, sandbox) => {
    const input = readInput(body);
    const wanted = {
      notifications: input.integer('notices', { min: 1, max: 1_000_000 }),
      concurrency: input.integer('concurrency', { min: 1, max: 1_000, fallback: 32 }),
      distinct: input.flag('distinct', true),
    };
    input.refuseOthers();
    mustHaveUrl(sandbox);
    const startMs = performance.now();
    const statuses = await storm(wanted, sandbox);
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
  /**
   * Each notification has its own id and concerns the orders in turn; false: one notification, many
   * times.
   */
  readonly distinct: boolean;
}

/** Number of notifications by response status; `timeout` and others: without a response. */
type StormResult = Readonly<Record<string, number>>;

/** Sends many notifications of accepted or paid orders, each once and unrecorded. */
async function storm(wanted: Storm, sandbox: SandboxState): Promise<StormResult> {
  const notifications = noticesOf(wanted, sandbox);
  const counts: Record<string, number> = {};
  const sender = async () => {
    // All senders share one generator, so that each notification is sent by one of them.
    for (const notification of notifications) {
      const status = await sendOnce(notification, sandbox.faults.takeForNotification(), sandbox);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: wanted.concurrency }, sender));
  return counts;
}

function* noticesOf(
  { notifications, distinct }: Storm,
  sandbox: SandboxState,
): Generator<Notification> {
  const { orders, serviceOrders } = sandbox;
  const nowMs = sandbox.clock.now();
  const makers = [
    ...orders
      .all(nowMs)
      .filter(({ state }) => state === 'USER_ACCEPTED' || state === 'USER_PAID')
      .map((order) => () => orderNotification(order, sandbox)),
    ...serviceOrders
      .all(nowMs)
      .filter(({ phase }) => phase === 'accepted' || phase === 'done')
      .map((order) => () => serviceOrderNotification(order, sandbox)),
  ];
  const nth = (index: number) => makers[index % makers.length]?.();
  const first = nth(0);
  for (let sent = 0; first && sent < notifications && !sandbox.closing.aborted; sent += 1) {
    yield (distinct ? nth(sent) : undefined) ?? first;
  }
}
