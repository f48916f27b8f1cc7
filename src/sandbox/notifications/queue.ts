import type { NoticeFault } from '../faults/fault.ts';
import type { Notice } from './notification.ts';

/** What came of an attempt: the status that was answered, or why there is none. */
export type AttemptStatus = number | 'pending' | 'timeout' | 'no-connection' | 'dropped';

export interface Attempt {
  /** Real time in milliseconds. */
  readonly atMs: number;
  readonly status: AttemptStatus;
  readonly fault: NoticeFault['fault'] | null;
}

/** A notice, and how far it has come. */
export interface Delivery {
  readonly notice: Notice;
  attempts: readonly Attempt[];
  /** How many retries of the schedule are behind it. */
  retries: number;
  /** Calls the next retry off; there while one is waiting. */
  cancelRetry?: (() => void) | undefined;
  /** Forgotten meanwhile: nothing more is sent. */
  isOver: boolean;
}

/** Where notices go, and how patiently. */
interface NotifySettings {
  readonly url: string | null;
  /** What every wait of the schedule is multiplied by. */
  readonly factor: number;
  /** How long a merchant may take to answer. */
  readonly answerWithinMs: number;
}

/** The last 1,000 notices, in the order they arose. */
export interface NoticeBook {
  settings: NotifySettings;
  add(notice: Notice): Delivery;
  find(id: string): Delivery | undefined;
  list(): readonly Delivery[];
  /** Forgets all notices, also those that were to be sent again. */
  clear(): void;
}

const KEPT = 1_000;

export function createNoticeBook(url: string | null): NoticeBook {
  let deliveries: readonly Delivery[] = [];
  return {
    settings: { url, factor: 1, answerWithinMs: 5_000 },
    add: (notice) => {
      const delivery: Delivery = { notice, attempts: [], retries: 0, isOver: false };
      deliveries = [...deliveries.slice(1 - KEPT), delivery];
      return delivery;
    },
    find: (id) => deliveries.find(({ notice }) => notice.id === id),
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
