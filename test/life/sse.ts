import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, graphqlRequest } from './fixture.ts';
import { at, type JsonObject } from './json.ts';

export const EVENTS = `subscription ($outOrderNo: String, $after: ID) {
  payAfterOrderEvents(outOrderNo: $outOrderNo, after: $after) { id outOrderNo state source } }`;

interface ServerSentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** A client of a stream of server-sent events. */
export interface SseClient {
  /** The next event, but no ping; rejects where none comes within 10 s or the stream has ended. */
  readonly next: () => Promise<ServerSentEvent>;
  /** What the next event holds of payAfterOrderEvents. */
  readonly nextEvent: () => Promise<unknown>;
  readonly leave: () => Promise<void>;
}

const ACCEPT = { accept: 'text/event-stream' };
const PATIENCE_MS = 10_000;

/** Subscribes over the fetch handler. */
export async function subscribe(
  { app }: Pick<Gateway, 'app'>,
  variables: JsonObject = {},
  query = EVENTS,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseClient> {
  const request = graphqlRequest({ query, variables }, { ...ACCEPT, ...headers });
  const response = await app.fetch(request);
  return clientOf(response);
}

/** Subscribes over a connection of its own; `cut` breaks it without a word. */
export async function subscribeAt(url: string, variables: JsonObject = {}, query = EVENTS) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...ACCEPT },
    });
    request.on('response', resolve).on('error', reject);
    request.end(JSON.stringify({ query, variables }));
  });
  response.on('error', () => {});
  const chunks = response.iterator({ destroyOnReturn: false });
  const client = readEvents(
    async () => {
      const { done, value } = await chunks.next();
      return done ? undefined : Buffer.from(value);
    },
    () => Promise.resolve(void response.socket.end()),
  );
  return {
    ...client,
    socket: response.socket,
    cut: () => void response.socket.resetAndDestroy(),
  };
}

function clientOf(response: Response): SseClient {
  const reader = response.body?.getReader();
  return readEvents(
    async () => (await reader?.read())?.value,
    async () => reader?.cancel(),
  );
}

function readEvents(
  read: () => Promise<Uint8Array | undefined>,
  leave: () => Promise<void>,
): SseClient {
  const decoder = new TextDecoder();
  let text = '';
  const readNext = async (): Promise<ServerSentEvent> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const chunk = await read();
        if (chunk === undefined) {
          throw new Error('the stream has ended');
        }
        text += decoder.decode(chunk, { stream: true });
        continue;
      }
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines
          .find((line) => line.startsWith(`${name}:`))
          ?.slice(name.length + 1)
          .trim();
      const event = field('event');
      if (event !== undefined) {
        return { event, data: JSON.parse(field('data') || 'null') };
      }
    }
  };
  const next = () => inTime(readNext(), 'an event');
  return {
    next,
    nextEvent: async () => {
      const { data } = await next();
      return at(data, 'data', 'payAfterOrderEvents') ?? data;
    },
    leave,
  };
}

/** Rejects where something takes longer than it may. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} did not come within ${PATIENCE_MS} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
