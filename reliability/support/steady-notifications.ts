import { makeNotifications, type Notification } from './notifications.ts';
import { atPace } from './pace.ts';
import type { Poster } from './post.ts';
import type { WechatKeys } from './wechat-keys.ts';

export interface SentNotification {
  readonly notification: Notification;
  readonly status: number;
  readonly ms: number;
}

/** Sends at an even rate, whether or not earlier ones have a response. */
export async function steady(
  poster: Poster,
  notifications: readonly Notification[],
  perSecond: number,
): Promise<readonly SentNotification[]> {
  return await atPace(notifications, perSecond, async (notification) => {
    const startMs = performance.now();
    const status = await poster.notification(notification);
    return { notification, status, ms: performance.now() - startMs };
  });
}

/** This many notifications, two of each order. */
export async function batch(
  keys: WechatKeys,
  name: string,
  size: number,
): Promise<readonly Notification[]> {
  const numbers = Array.from({ length: size / 2 }, (_, index) => `${name}${index}`);
  return await makeNotifications(keys, numbers);
}
