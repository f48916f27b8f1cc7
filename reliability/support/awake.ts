import { setPriority } from 'node:os';

/** The simulator of WeChat Pay shares its core, and gets some ten times its part of it. */
const NICE = 10;

/**
 * Keeps the event loop of this thread from sleeping: on one machine the kernel wakes a sleeping
 * client up at the server's expense, at each response; a client on another machine does not cost the
 * server that. For Linux, where the priority is that of this thread only.
 */
export function stayAwake(): Disposable {
  let isOver = false;
  const turn = () => {
    if (!isOver) {
      setImmediate(turn);
    }
  };
  setPriority(NICE);
  turn();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
    },
  };
}
