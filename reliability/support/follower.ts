import { setTimeout as sleep } from 'node:timers/promises';
import { type SeenEvent, subscribe } from './sse.ts';

/** A subscriber that reconnects after each disconnect with its last cursor. */
export interface Follower extends Disposable {
  /** In the order of arrival. */
  readonly seen: readonly SeenEvent[];
  /** True if there was a connection to close. */
  readonly cut: () => boolean;
  /** Resolves when it has received the event of this cursor; false: not in time. */
  readonly reaches: (id: number, withinMs: number) => Promise<boolean>;
}

const PAUSE_MS = 50;

/**
 * Follows from a cursor. Resolves when the first connection is open.
 * @param urlOf the URL of the next connection, as a load balancer chooses it
 */
export async function follow(urlOf: () => string, after: number | null): Promise<Follower> {
  const seen: SeenEvent[] = [];
  let stopped = false;
  let close = () => false;
  let opened = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const connect = () => {
    const last = seen.at(-1)?.id ?? after;
    close = subscribe(urlOf(), last === null ? null : String(last), {
      onOpen: opened,
      onEvent: (event) => seen.push(event),
      onEnd: () => {
        if (!stopped) {
          setTimeout(() => stopped || connect(), PAUSE_MS);
        }
      },
    });
  };
  connect();
  await open;
  return {
    seen,
    cut: () => close(),
    reaches: async (id, withinMs) => {
      const deadline = performance.now() + withinMs;
      while ((seen.at(-1)?.id ?? 0) < id && performance.now() < deadline) {
        await sleep(5);
      }
      return (seen.at(-1)?.id ?? 0) >= id;
    },
    [Symbol.dispose]: () => {
      stopped = true;
      close();
    },
  };
}

/**
 * The differences between the received events and the log after the cursor: nothing may be missing
 * or duplicated.
 */
export function compare(
  seen: readonly SeenEvent[],
  log: readonly number[],
): { readonly missed: number; readonly twice: number; readonly disordered: number } {
  const ids = seen.map(({ id }) => id);
  const distinct = new Set(ids);
  return {
    missed: log.filter((id) => !distinct.has(id)).length,
    twice: ids.length - distinct.size,
    disordered: ids.filter((id, index) => id < (ids[index - 1] ?? 0)).length,
  };
}
