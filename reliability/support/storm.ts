import type { Notification } from './notifications.ts';
import type { Poster } from './post.ts';

export interface Storm {
  /** Maximum concurrent requests. */
  readonly senders: number;
  /** Called with every response; false ends the storm. */
  readonly onAnswer: (notification: Notification, status: number) => boolean;
}

/** Sends each notification once, with the given concurrency, until all are sent or it is ended. */
export async function storm(
  poster: Poster,
  notifications: readonly Notification[],
  { senders, onAnswer }: Storm,
): Promise<void> {
  const waiting = notifications.values();
  let goesOn = true;
  const send = async () => {
    for (const notification of waiting) {
      const status = await poster.notification(notification);
      goesOn = onAnswer(notification, status) && goesOn;
      if (!goesOn) {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
}

export function isAcknowledged(status: number): boolean {
  return status >= 200 && status < 300;
}
