import type { NotificationFault } from '../faults/fault.ts';
import type { Notification } from './notification.ts';

/** What came of an attempt: the status that was answered, or why there is none. */
export type AttemptStatus = number | 'pending' | 'timeout' | 'no-connection' | 'dropped';

export interface Attempt {
  /** Real time in milliseconds. */
  readonly atMs: number;
  readonly status: AttemptStatus;
  readonly fault: NotificationFault['fault'] | null;
}

/** A notification, and how far it has come. */
export interface Delivery {
  readonly notification: Notification;
  attempts: readonly Attempt[];
  /** How many retries of the schedule are behind it. */
  retries: number;
  /** Calls the next retry off; there while one is waiting. */
  cancelRetry?: (() => void) | undefined;
  /** Forgotten meanwhile: nothing more is sent. */
  isOver: boolean;
}

/** Where notifications go, and how patiently. */
interface NotifySettings {
  readonly url: string | null;
  /** What every wait of the schedule is multiplied by. */
  readonly factor: number;
  /** How long a merchant may take to answer. */
  readonly answerWithinMs: number;
}

/** The last 1,000 notifications, in the order they arose. */
export interface NotificationBook {
  settings: NotifySettings;
  add(notification: Notification): Delivery;
  find(id: string): Delivery | undefined;
  list(): readonly Delivery[];
  /** Forgets all notifications, also those that were to be sent again. */
  clear(): void;
}

const KEPT = 1_000;

export function createNotificationBook(url: string | null): NotificationBook {
  let deliveries: readonly Delivery[] = [];
  return {
    settings: { url, factor: 1, answerWithinMs: 5_000 },
    add: (notification) => {
      const delivery: Delivery = { notification, attempts: [], retries: 0, isOver: false };
      deliveries = [...deliveries.slice(1 - KEPT), delivery];
      return delivery;
    },
    find: (id) => deliveries.find(({ notification }) => notification.id === id),
    list: () => deliveries,
    clear: () => {
      for (const delivery of deliveries) {
        delivery.isOver = true;
        delivery.cancelRetry?.();
      }
      deliveries = [];
    },
  };
}
