import type { SandboxState } from '../sandbox.ts';
import { attempt } from './attempt.ts';
import type { Notification } from './notification.ts';
import type { Delivery } from './queue.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long WeChat waits before each further attempt, for 24 hours and 4 minutes in all. */
export const RETRY_DELAYS_MS: readonly number[] = [
  15 * SECOND,
  15 * SECOND,
  30 * SECOND,
  3 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  3 * HOUR,
  3 * HOUR,
  6 * HOUR,
  6 * HOUR,
];

/** Sends a notification at once, and again by the schedule until it is answered. Without a URL it is only noted. */
export function deliver(notification: Notification, world: SandboxState): void {
  const delivery = world.notifications.add(notification);
  if (world.notifications.settings.url !== null) {
    void tryAndRetry(delivery, world);
  }
}

/** One more attempt, out of turn. One that succeeds ends the schedule. */
export async function resend(delivery: Delivery, world: SandboxState): Promise<void> {
  if (await attempt(delivery, world)) {
    stopRetrying(delivery);
  }
}

/** Has every waiting notification wait anew, by the schedule as it is now. */
export function reschedule(world: SandboxState): void {
  for (const delivery of world.notifications.list()) {
    if (delivery.cancelRetry) {
      stopRetrying(delivery);
      waitForRetry(delivery, world);
    }
  }
}

async function tryAndRetry(delivery: Delivery, world: SandboxState): Promise<void> {
  if (!(await attempt(delivery, world)) && !delivery.isOver) {
    waitForRetry(delivery, world);
  }
}

function waitForRetry(delivery: Delivery, world: SandboxState): void {
  const delayMs = RETRY_DELAYS_MS[delivery.retries];
  if (delayMs === undefined) {
    return;
  }
  delivery.cancelRetry = world.timers.after(delayMs * world.notifications.settings.factor, () => {
    delivery.cancelRetry = undefined;
    delivery.retries += 1;
    void tryAndRetry(delivery, world);
  });
}

function stopRetrying(delivery: Delivery): void {
  delivery.cancelRetry?.();
  delivery.cancelRetry = undefined;
}
