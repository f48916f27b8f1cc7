/**
 * Collects what is given in one turn of the loop, and sends it together at its end: each message
 * between threads wakes the other one, and what comes together shares a commit.
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
