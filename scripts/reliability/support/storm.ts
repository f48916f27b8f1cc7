import type { Notice } from './notices.ts';
import type { Poster } from './post.ts';

export interface Storm {
  /** How many are sent side by side. */
  readonly senders: number;
  /** Told of every answer; false ends the storm. */
  readonly onAnswer: (notice: Notice, status: number) => boolean;
}

/** Sends each notice once, some side by side, until there are no more or it is ended. */
export async function storm(
  poster: Poster,
  notices: readonly Notice[],
  { senders, onAnswer }: Storm,
): Promise<void> {
  const waiting = notices.values();
  let goesOn = true;
  const send = async () => {
    for (const notice of waiting) {
      const status = await poster.notice(notice);
      goesOn = onAnswer(notice, status) && goesOn;
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
