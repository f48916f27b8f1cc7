import { setPriority } from 'node:os';

/** The others of its core, WeChat Pay's simulator among them, go first. */
const NICE = 10;

/**
 * Keeps the event loop of this thread from sleeping. The kernel of a machine that runs a server and its
 * client wakes a sleeping client up at the server's expense, at each response; a client on a machine
 * of its own costs the server nothing.
 */
export function stayAwake(): Disposable {
  let isOver = false;
  const turn = () => {
    if (!isOver) {
      setImmediate(turn);
    }
  };
  // Of this thread only.
  setPriority(NICE);
  turn();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
    },
  };
}
