import { DatabaseSync } from 'node:sqlite';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { all, atMost, type Experiment } from '../experiment.ts';
import { CALLER } from '../support/caller.ts';
import { PROBED, probe } from '../support/memory.ts';
import { setUp } from '../support/setup.ts';
import { SUBSCRIPTION, subscribe } from '../support/sse.ts';
import { startTokenIssuer } from '../support/tokens.ts';

/**
 * To each of the four streams: before the first measurement, so that code is compiled and buffers are
 * full, and between the two.
 */
const SIZES = {
  full: { warmUp: 10_000, events: 25_000 },
  quick: { warmUp: 2_000, events: 1_000 },
} as const;
const MOST_GROWTH_MB = 2;
/** The first event, whose cursor the streams continue after. */
const BEFORE = 1;

type Caller = Readonly<Record<string, string>>;
type Follow = (url: string, caller: Caller, onEvent: () => void) => () => unknown;

/** Streams of callers whose credential can end: what they have delivered is not kept. */
export const streamMemory: Experiment = {
  goal: 'G14',
  name: 'stream-memory',
  minutes: 3,
  run: async (scale, environment) => {
    const { warmUp, events } = SIZES[scale];
    await using issuer = await startTokenIssuer();
    await using setup = await setUp(environment, { node: PROBED, variables: issuer.variables });
    const { server, database } = setup;
    const scope = 'events:read orders:any';
    const token = { authorization: `Bearer ${issuer.token({ sub: 'bff', scope })}` };
    const path = database.url.replace('sqlite:', '');
    insertEvents(path, BEFORE, BEFORE);

    const streams = [overSse, overWebSocket].flatMap((follow) =>
      [CALLER, token].map((caller) => countedStream(follow, server.url, caller)),
    );
    insertEvents(path, BEFORE + 1, BEFORE + warmUp);
    await Promise.all(streams.map(({ reached }) => reached(warmUp)));
    const before = await probe(server);
    insertEvents(path, BEFORE + warmUp + 1, BEFORE + warmUp + events);
    await Promise.all(streams.map(({ reached }) => reached(warmUp + events)));
    const after = await probe(server);
    const seen = streams.reduce((sum, { seen }) => sum + seen() - warmUp, 0);
    for (const { leave } of streams) {
      leave();
    }
    const size = `${streams.length * events} events over SSE and WebSocket, with API keys and tokens`;
    const heaps = `${before.heapMb.toFixed(1)} → ${after.heapMb.toFixed(1)} MB`;
    return [
      all('events delivered', size, seen, streams.length * events),
      atMost(
        `growth of the heap (${heaps})`,
        size,
        Math.max(0, after.heapMb - before.heapMb),
        MOST_GROWTH_MB,
        ' MB',
      ),
    ];
  },
};

/** A stream that counts its events, and says when it has had so many. */
function countedStream(follow: Follow, url: string, caller: Caller) {
  let count = 0;
  let check = () => {};
  const leave = follow(url, caller, () => {
    count += 1;
    check();
  });
  return {
    leave,
    seen: () => count,
    reached: (wanted: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (count >= wanted) {
            resolve();
          }
        };
        check();
      }),
  };
}

const overSse: Follow = (url, caller, onEvent) =>
  subscribe(url, String(BEFORE), { onOpen: () => {}, onEvent, onEnd: () => {} }, caller);

const overWebSocket: Follow = (url, caller, onEvent) => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: caller,
    retryAttempts: 0,
  });
  const variables = { after: String(BEFORE) };
  client.subscribe(
    { query: SUBSCRIPTION, variables },
    { next: onEvent, error: () => {}, complete: () => {} },
  );
  return () => client.terminate();
};

/** Writes events as another instance on this database would: the server reads them as they come. */
function insertEvents(path: string, from: number, to: number): void {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    const insert = database.prepare(
      `insert into events (id, type, product, out_order_no, status, state_raw, source, occurred_at, received_at)
       values (?, 'STATUS_CHANGED', 'PAY_AFTER', ?, 'CREATED', 'CREATED', 'QUERY', 1, 1)`,
    );
    database.exec('begin immediate');
    for (let id = from; id <= to; id += 1) {
      insert.run(id, `N${id}`);
    }
    database.exec('commit');
  } finally {
    database.close();
  }
}
