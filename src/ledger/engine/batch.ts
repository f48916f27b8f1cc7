/**
 * Collects the jobs of one turn of the loop, and sends them together at its end: each message
 * between threads wakes the other one, and jobs that arrive together share a commit.
 */
export function createBatch<T>(send: (items: readonly T[]) => void): (item: T) => void {
  let items: T[] = [];
  return (item) => {
    if (items.push(item) === 1) {
      setImmediate(() => {
        const batch = items;
        items = [];
        send(batch);
      });
    }
  };
}
