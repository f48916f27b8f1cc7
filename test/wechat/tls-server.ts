import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';

/** A server that counts TCP connections; disposing of it cuts every connection. */
export interface TcpServer extends AsyncDisposable {
  /** An https URL, whether or not the server speaks TLS. */
  readonly url: string;
  readonly connections: () => number;
}

/** @param handle what happens to each connection */
export function serveTcp(handle: (socket: Socket) => void): Promise<TcpServer> {
  return started(createServer(), handle);
}

/** TLS that never serves a request whole: `onRequest` gets the TCP socket below TLS. */
export function serveTls(
  identity: { readonly key: string; readonly cert: string },
  onRequest: (socket: Socket) => void,
): Promise<TcpServer> {
  let latest: Socket | undefined;
  const server = createHttpsServer(identity, () => {
    if (latest !== undefined) {
      onRequest(latest);
    }
  });
  server.on('tlsClientError', () => {});
  return started(server, (socket) => {
    latest = socket;
  });
}

async function started(server: Server, handle: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    handle(socket);
    count += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a TCP server has a port');
  }
  return {
    url: `https://127.0.0.1:${address.port}`,
    connections: () => count,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await once(server, 'close');
    },
  };
}
