import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * This many connections to a server, each used once so that the server has accepted it; then idle.
 */
export async function openSockets(
  url: string,
  count: number,
  greeting: string,
): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url);
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      if (greeting !== '') {
        socket.write(greeting);
        await once(socket, 'data');
      }
      return socket;
    }),
  );
}

/** A request on an idle connection that has received its response. */
export const PING = 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n';
