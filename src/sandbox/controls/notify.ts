import { RETRY_DELAYS_MS, reschedule } from '../notifications/deliver.ts';
import { checkNotifyUrl } from '../notifications/notify-url.ts';
import type { SandboxState } from '../sandbox.ts';
import type { Control } from './control.ts';
import { readInput } from './control-input.ts';

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

export const notifyControls: readonly Control[] = [showUrl, setUrl, showSchedule, setSchedule];

function scheduleView({ notifications: { settings } }: SandboxState): object {
  const { factor, answerWithinMs } = settings;
  return { factor, answerWithinMs, retriesAfterMs: RETRY_DELAYS_MS.map((ms) => ms * factor) };
}
