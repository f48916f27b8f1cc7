/** At most so many at once; the others wait in line. */
export interface Bulkhead {
  /**
   * `in`: there is room now, and `leave` has to follow. `full`: too many wait already. `late`: there
   * was none in time. Throws only the reason of the caller's own abort.
   */
  readonly enter: (withinMs: number, signal?: AbortSignal) => Entry | Promise<Entry>;
  readonly leave: () => void;
}

type Entry = 'acquired' | 'queue-full' | 'timed-out';

export function createBulkhead(places: number, maxWaiting: number): Bulkhead {
  let inside = 0;
  const waiting = new Set<() => void>();
  const wait = (withinMs: number, signal: AbortSignal | undefined) =>
    new Promise<Entry>((resolve, reject) => {
      const leaveLine = () => {
        waiting.delete(admitted);
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
      };
      const admitted = () => {
        leaveLine();
        resolve('acquired');
      };
      const aborted = () => {
        leaveLine();
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          leaveLine();
          resolve('timed-out');
        },
        Math.max(0, withinMs),
      );
      waiting.add(admitted);
      signal?.addEventListener('abort', aborted);
    });
  return {
    enter: (withinMs, signal) => {
      if (inside < places) {
        inside += 1;
        return 'acquired';
      }
      if (waiting.size >= maxWaiting) {
        return 'queue-full';
      }
      signal?.throwIfAborted();
      return wait(withinMs, signal);
    },
    leave: () => {
      const [next] = waiting;
      if (next === undefined) {
        inside -= 1;
      } else {
        // The place goes straight to the one who has waited longest.
        next();
      }
    },
  };
}
