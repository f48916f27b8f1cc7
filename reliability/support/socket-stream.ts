import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { CALLER } from './caller.ts';
import { SUBSCRIPTION } from './sse.ts';

export interface SocketStream {
  /** True: the server said `complete`. */
  readonly completed: Promise<boolean>;
  /** Disconnects without a close. */
  readonly terminate: () => void;
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
    connectionParams: CALLER,
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
  return { completed, terminate: () => client.terminate() };
}
