import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { at, type JsonObject } from './json.ts';
import { EVENTS, inTime } from './sse.ts';

/** A client that speaks graphql-transport-ws by itself, one message after the other. */
export async function openSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  payload?: JsonObject,
) {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  const messages: unknown[] = [];
  let wake = () => {};
  let closed: number | undefined;
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    wake();
  });
  socket.on('close', (code) => {
    closed = code;
    wake();
  });
  await inTime(once(socket, 'open'), 'the connection');
  const send = (message: JsonObject) => socket.send(JSON.stringify(message));
  const read = async (): Promise<unknown> => {
    while (messages.length === 0) {
      if (closed !== undefined) {
        throw new Error(`the socket was closed with ${closed}`);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return messages.shift();
  };
  send({ type: 'connection_init', ...(payload && { payload }) });
  await inTime(read(), 'the acknowledgement');
  return {
    socket,
    send,
    next: () => inTime(read(), 'a message'),
    subscribe: (id: string, variables: JsonObject = {}, query: string = EVENTS) =>
      send({ id, type: 'subscribe', payload: { query, variables } }),
    /** The code that the server closes with. */
    closed: async () => {
      for (let waited = 0; closed === undefined && waited < 10_000; waited += 10) {
        await sleep(10);
      }
      return closed;
    },
  };
}

/** What a mini program would use: events as they come, through the client of graphql-ws. */
export function graphqlWs(url: string) {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  return {
    subscribe: (variables: JsonObject = {}, query: string = EVENTS) => {
      const results = client.iterate({ query, variables });
      return {
        next: () => inTime(results.next(), 'a result'),
        nextEvent: async () => {
          const { value } = await inTime(results.next(), 'a result');
          return at(value, 'data', 'payAfterOrderEvents') ?? value;
        },
        leave: () => results.return?.(),
      };
    },
    dispose: () => client.dispose(),
    terminate: () => client.terminate(),
  };
}
