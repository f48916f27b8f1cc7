import type { NotificationFault } from '../faults/fault.ts';
import type { Notification } from './notification.ts';

/** The result of an attempt: the response status, or why there is none. */
export type AttemptStatus = number | 'pending' | 'timeout' | 'no-connection' | 'dropped';

export interface Attempt {
  /** Real time in milliseconds. */
  readonly atMs: number;
  readonly status: AttemptStatus;
  readonly fault: NotificationFault['fault'] | null;
}

/** A notification and its delivery state. */
export interface Delivery {
  readonly notification: Notification;
  attempts: readonly Attempt[];
  /** How many retries of the schedule have been made. */
  retries: number;
  /** Cancels the next retry, if one is pending. */
  cancelRetry?: (() => void) | undefined;
  /**
   * `ended`: delivered, or the schedule is over; it is sent again on demand only. `deleted`: nothing
   * more is sent.
   */
  schedule: 'runs' | 'ended' | 'deleted';
}

/** The notification URL, and the back-off. */
interface NotifySettings {
  readonly url: string | null;
  /** The factor of every back-off of the schedule. */
  readonly factor: number;
  /** The time-out of an attempt. */
  readonly answerWithinMs: number;
}

/** The last 1,000 notifications, and older ones that are still retried; oldest first. */
export interface NotificationStore {
  settings: NotifySettings;
  add(notification: Notification): Delivery;
  find(id: string): Delivery | undefined;
  list(): readonly Delivery[];
  /** Deletes all notifications and their pending retries. */
  clear(): void;
}

const KEPT = 1_000;

export function createNotificationStore(url: string | null): NotificationStore {
  let deliveries: readonly Delivery[] = [];
  return {
    settings: { url, factor: 1, answerWithinMs: 5_000 },
    add: (notification) => {
      const delivery: Delivery = { notification, attempts: [], retries: 0, schedule: 'runs' };
      const older = deliveries.slice(0, 1 - KEPT).filter(({ schedule }) => schedule === 'runs');
      deliveries = [...older, ...deliveries.slice(1 - KEPT), delivery];
      return delivery;
    },
    find: (id) => deliveries.find(({ notification }) => notification.id === id),
    list: () => deliveries,
    clear: () => {
      for (const delivery of deliveries) {
        delivery.schedule = 'deleted';
        delivery.cancelRetry?.();
      }
      deliveries = [];
    },
  };
}
