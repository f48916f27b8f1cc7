import type { Server } from 'node:http';

/** Listens, and says where: scheme, host and port. Rejects with what to do if it can't. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message;
      const advice = 'Set SANDBOX_PORT to another port, or to 0 for any free one.';
      const message = `The sandbox can't listen on ${host}:${port}: ${why}. ${advice}`;
      reject(new Error(message, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${reachable(host)}:${bound}`);
    });
  });
}

/** Stops listening and cuts what is still connected; done when the port is free. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A host to call: 0.0.0.0 and :: are only for listening. */
function reachable(host: string): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return name.includes(':') ? `[${name}]` : name;
}
