import type { IncomingMessage, RequestListener } from 'node:http';

type Socket = IncomingMessage['socket'];

/** Requests that wait on one connection, at most: who sends more of them is cut off. */
const MOST_WAITING = 64;

/**
 * Begins with a request when the one before it on its connection is answered. Node begins with all
 * that have come: who sends hundreds at once and reads nothing would have them all done.
 */
export function oneByOne(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    const { socket } = request;
    const next = () => {
      const begin = socket.writable ? waiting.get(socket)?.shift() : undefined;
      if (begin === undefined) {
        waiting.delete(socket);
      } else {
        begin();
      }
    };
    const begin = () => {
      response.once('close', next);
      listener(request, response);
    };
    const line = waiting.get(socket);
    if (line === undefined) {
      waiting.set(socket, []);
      begin();
    } else if (line.length < MOST_WAITING) {
      line.push(begin);
    } else {
      socket.destroy();
    }
  };
}
