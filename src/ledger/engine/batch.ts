/** Collects what is given in one turn, and sends it together: each message between threads costs. */
export function createBatch<T>(send: (items: readonly T[]) => void): (item: T) => void {
  let items: T[] = [];
  return (item) => {
    if (items.push(item) === 1) {
      // After the microtasks that are due: they give more.
      process.nextTick(() => {
        const batch = items;
        items = [];
        send(batch);
      });
    }
  };
}
