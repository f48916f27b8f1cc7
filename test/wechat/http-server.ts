import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Every byte that has arrived, head and body. */
  readonly bytes: () => Buffer;
  readonly requests: () => number;
}

/** A server on a free loopback port; disposing of it cuts every connection. */
export async function serve(handler: RequestListener): Promise<TestServer> {
  const chunks: Buffer[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    return handler(request, response);
  });
  server.on('connection', (socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a TCP server has a port');
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    bytes: () => Buffer.concat(chunks),
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Where nothing listens. */
export async function closedPort(): Promise<string> {
  await using server = await serve(() => {});
  return server.url;
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
