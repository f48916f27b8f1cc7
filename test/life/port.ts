import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ENDPOINT } from '../../src/app.ts';
import { followConnections } from '../../src/http/shutdown.ts';
import { serveWebSocket } from '../../src/http/websocket.ts';
import type { Gateway } from './fixture.ts';

/** Connections that did not end by themselves are cut after this. */
export const DRAIN_MS = 5_000;

export interface Port {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly server: Server;
  /** Stops as the server does; how long that took, in milliseconds. */
  readonly stop: () => Promise<number>;
}

/** Serves a gateway on a free port of this machine, WebSocket included. */
export async function serve({ app, stopping }: Pick<Gateway, 'app' | 'stopping'>): Promise<Port> {
  const server = createServer((request, response) => {
    app.requestListener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = followConnections(server);
  const leaveSockets = serveWebSocket(server, app.webSocket, {
    path: ENDPOINT,
    origins: ['https://pages.example'],
  });
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  let stopped: Promise<number> | undefined;
  const stop = async () => {
    const start = performance.now();
    stopping.abort();
    await leaveSockets();
    await connections.drain(DRAIN_MS);
    return performance.now() - start;
  };
  return {
    url: `http://${host}`,
    webSocketUrl: `ws://${host}${ENDPOINT}`,
    server,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
