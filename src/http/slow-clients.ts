import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** As Node's own time-out does: a client that sends its next request in the last moment is served. */
const GRACE_MS = 1_000;

/**
 * Closes connections without a request on which nothing was sent for so long. Node's own time-out
 * begins anew at each byte that arrives, also at the line feeds that may precede a request.
 */
export function createIdleTimeout(
  idleMs: number,
): (sockets: Iterable<Socket>, isBusy: (socket: Socket) => boolean) => void {
  const active = new WeakMap<Socket, { readonly sent: number; readonly sinceMs: number }>();
  return (sockets, isBusy) => {
    const nowMs = performance.now();
    for (const socket of sockets) {
      const last = active.get(socket);
      if (isBusy(socket) || last?.sent !== socket.bytesWritten) {
        active.set(socket, { sent: socket.bytesWritten, sinceMs: nowMs });
      } else if (nowMs - last.sinceMs > idleMs + GRACE_MS) {
        socket.destroy();
      }
    }
  };
}

/** Closes the connections with the most unread bytes, over HTTP and WebSocket, down to the limit. */
export function dropUnread(sockets: Iterable<Socket>, most: number): void {
  const unread = [...sockets].filter(({ writableLength }) => writableLength > 0);
  let sum = unread.reduce((bytes, { writableLength }) => bytes + writableLength, 0);
  for (const socket of unread.toSorted((one, other) => other.writableLength - one.writableLength)) {
    if (sum <= most) {
      return;
    }
    sum -= socket.writableLength;
    socket.destroy();
  }
}

/**
 * Stop reading from clients that do not read, so that trickled bytes cannot keep the connection
 * alive.
 */
export function pauseStalled(underWay: Iterable<ServerResponse>): void {
  for (const { socket } of underWay) {
    if (socket?.writableNeedDrain && !socket.isPaused()) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  }
}
