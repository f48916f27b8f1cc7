import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lets the event loop turn where the work since it last did has taken so long: SQLite never does. */
export function breather(ms: number): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since > ms) {
      await nextTurn();
      since = performance.now();
    }
  };
}
