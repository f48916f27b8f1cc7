/** Everything that a sandbox will do later. Nothing of it happens any more once it has stopped. */
export interface Timers {
  /** Does something after so many milliseconds of real time; the function it returns calls it off. */
  after(ms: number, job: () => void): () => void;
  stop(): void;
}

export function createTimers(): Timers {
  const waiting = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    after: (ms, job) => {
      if (stopped) {
        return () => {};
      }
      const timer = setTimeout(() => {
        waiting.delete(timer);
        job();
      }, ms);
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
        clearTimeout(timer);
      };
    },
    stop: () => {
      stopped = true;
      for (const timer of waiting) {
        clearTimeout(timer);
      }
      waiting.clear();
    },
  };
}
