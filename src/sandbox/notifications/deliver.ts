import type { SandboxState } from '../sandbox.ts';
import { attempt } from './attempt.ts';
import type { Notification } from './notification.ts';
import type { Delivery } from './queue.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** WeChat Pay's back-off before each retry, 24 hours and 4 minutes in total. */
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

/**
 * Sends a notification immediately, and retries by the schedule until it is delivered. Without a
 * URL it is only recorded.
 */
export function deliver(notification: Notification, sandbox: SandboxState): void {
  const delivery = sandbox.notifications.add(notification);
  if (sandbox.notifications.settings.url === null) {
    delivery.schedule = 'ended';
  } else {
    void tryAndRetry(delivery, sandbox);
  }
}

/** One extra attempt. If it succeeds, the schedule ends. */
export async function resend(delivery: Delivery, sandbox: SandboxState): Promise<void> {
  if (await attempt(delivery, sandbox)) {
    endSchedule(delivery);
  }
}

/** Restarts the back-off of every pending notification with the current schedule. */
export function reschedule(sandbox: SandboxState): void {
  for (const delivery of sandbox.notifications.list()) {
    if (delivery.cancelRetry) {
      delivery.cancelRetry();
      waitForRetry(delivery, sandbox);
    }
  }
}

async function tryAndRetry(delivery: Delivery, sandbox: SandboxState): Promise<void> {
  if (await attempt(delivery, sandbox)) {
    endSchedule(delivery);
  } else if (delivery.schedule === 'runs') {
    waitForRetry(delivery, sandbox);
  }
}

function waitForRetry(delivery: Delivery, sandbox: SandboxState): void {
  const delayMs = RETRY_DELAYS_MS[delivery.retries];
  if (delayMs === undefined) {
    endSchedule(delivery);
    return;
  }
  delivery.cancelRetry = sandbox.timers.after(
    delayMs * sandbox.notifications.settings.factor,
    () => {
      delivery.cancelRetry = undefined;
      delivery.retries += 1;
      void tryAndRetry(delivery, sandbox);
    },
  );
}

function endSchedule(delivery: Delivery): void {
  delivery.cancelRetry?.();
  delivery.cancelRetry = undefined;
  if (delivery.schedule === 'runs') {
    delivery.schedule = 'ended';
  }
}
