import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { SUBSCRIPTION } from './sse.ts';

export interface SocketStream {
  /** True: the server said `complete`. */
  readonly completed: Promise<boolean>;
  readonly close: () => void;
}

/** A subscription to all events over WebSocket; resolves when the connection is acknowledged. */
export async function subscribeBySocket(url: string): Promise<SocketStream> {
  let opened = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: { connected: () => opened() },
  });
  const completed = new Promise<boolean>((resolve) => {
    const done = (value: boolean) => () => resolve(value);
    client.subscribe(
      { query: SUBSCRIPTION },
      { next: () => {}, error: done(false), complete: done(true) },
    );
  });
  await open;
  return { completed, close: () => void client.dispose() };
}
