import type { Ledger } from '../../ledger/ledger.ts';
import type { PayAfterOrder, PayAfterOrderQuery, WechatPay } from '../../wechat/index.ts';
import type { ObservationFilter } from '../state/observation.ts';

/**
 * Who asks for the same order at the same time shares one call to WeChat: those who came before its
 * answer did, be it that they had to stand in line and ask only after that. So nobody is given an
 * answer that was here when they came, unless it is to be kept.
 */
export interface QueryCoalescing {
  /**
   * Throws what the client throws, or the reason of this caller's own abort. The call itself is
   * aborted when nobody waits for it any more.
   * @param cameMs when the caller came, on the monotonic clock; left out, just now
   */
  readonly ask: (
    query: PayAfterOrderQuery,
    signal: AbortSignal | undefined,
    cameMs?: number,
  ) => Promise<PayAfterOrder | null>;
  /** The order has just been written to, or has moved: who asks from now on gets none of what was asked before. */
  readonly forget: (outOrderNo: string) => void;
  readonly close: () => void;
}

export interface SharedQueriesOptions {
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly queries: Pick<ObservationFilter, 'see'>;
  readonly bus: Pick<Ledger['bus'], 'subscribe'>;
  /** Ms, from when it was asked for, that an order is given to those too who come after it. */
  readonly keepMs: number;
}

/** Orders that are kept at once; beyond that there is just no keeping. */
const MOST_KEPT = 10_000;
/** About as long as callers stand in line for their turn; who stands there for longer asks anew. */
const LINE_MS = 100;

export function createQueryCoalescing(options: SharedQueriesOptions): QueryCoalescing {
  const { wechat, queries, bus, keepMs } = options;
  const flights = flightBook();
  const depart = (query: PayAfterOrderQuery, key: FlightKey): Flight => {
    const controller = new AbortController();
    const askedMs = performance.now();
    const ask = async () => {
      const { signal } = controller;
      const order = await wechat.queryPayAfterOrder(query, { signal });
      if (order !== null) {
        queries.see(order);
      }
      return order;
    };
    const drop = () => flights.drop(key, flight);
    const answer = ask();
    const flight: Flight = {
      answer,
      abort: (reason) => {
        drop();
        controller.abort(reason);
      },
      waiting: 0,
      freshUntilMs: Number.POSITIVE_INFINITY,
      state: null,
    };
    // A failure, and that there is no such order, is told to those who wait for it and nobody else.
    answer.then((order) => {
      const landedMs = performance.now();
      flight.freshUntilMs = Math.max(landedMs, askedMs + keepMs);
      flight.state = order?.state ?? null;
      if (order === null || flights.size() > MOST_KEPT) {
        drop();
      } else {
        setTimeout(drop, Math.max(LINE_MS, flight.freshUntilMs - landedMs)).unref();
      }
    }, drop);
    flights.add(key, flight);
    return flight;
  };
  return {
    ask: async (query, signal, cameMs = performance.now()) => {
      signal?.throwIfAborted();
      const key = flightKey(query);
      const known = flights.find(key);
      const flight = known && cameMs < known.freshUntilMs ? known : depart(query, key);
      return await wait(flight, signal);
    },
    forget: (outOrderNo) => flights.forget(outOrderNo),
    // An answer may itself be what the event was made of.
    close: bus.subscribe((event) => flights.forget(event.outOrderNo, event.stateRaw)),
  };
}

/** Waits for a flight; the last one who leaves ends it. */
function wait(flight: Flight, signal: AbortSignal | undefined): Promise<PayAfterOrder | null> {
  flight.waiting += 1;
  if (signal === undefined) {
    return flight.answer;
  }
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason);
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.abort(signal.reason);
      }
    };
    signal.addEventListener('abort', leave, { once: true });
    const arrived = () => signal.removeEventListener('abort', leave);
    flight.answer.then(
      (order) => {
        arrived();
        resolve(order);
      },
      (error: unknown) => {
        arrived();
        reject(error);
      },
    );
  });
}

/** One query that is under way at WeChat, or its answer while it is kept. */
interface Flight {
  readonly answer: Promise<PayAfterOrder | null>;
  /** How many wait for it. */
  waiting: number;
  /** Who came before that, on the monotonic clock, may have its answer. */
  freshUntilMs: number;
  /** What its answer says of the order: WeChat's word; null before it is there. */
  state: string | null;
  readonly abort: (reason: unknown) => void;
}

/** Where a flight stands in the book: under its order, by all that makes it another query. */
interface FlightKey {
  /** Null for a query by queryId: which order it is for is not known. */
  readonly outOrderNo: string | null;
  readonly query: string;
}

/** Flights by order number, so that one order's are forgotten at once. */
interface FlightBook {
  readonly size: () => number;
  readonly find: (key: FlightKey) => Flight | undefined;
  readonly add: (key: FlightKey, flight: Flight) => void;
  /** Takes this very flight out; another that has taken its place stays. */
  readonly drop: (key: FlightKey, flight: Flight) => void;
  /** All of an order, but for those whose answer has this state. */
  readonly forget: (outOrderNo: string, butState?: string) => void;
}

function flightBook(): FlightBook {
  const byOrder = new Map<string | null, Map<string, Flight>>();
  let size = 0;
  const remove = (outOrderNo: string | null, butState: string | undefined) => {
    const flights = byOrder.get(outOrderNo) ?? new Map<string, Flight>();
    for (const [query, { state }] of flights) {
      if (butState === undefined || state !== butState) {
        flights.delete(query);
        size -= 1;
      }
    }
    if (flights.size === 0) {
      byOrder.delete(outOrderNo);
    }
  };
  return {
    size: () => size,
    find: ({ outOrderNo, query }) => byOrder.get(outOrderNo)?.get(query),
    add: ({ outOrderNo, query }, flight) => {
      const flights = byOrder.get(outOrderNo) ?? new Map<string, Flight>();
      size += flights.has(query) ? 0 : 1;
      byOrder.set(outOrderNo, flights.set(query, flight));
    },
    drop: ({ outOrderNo, query }, flight) => {
      const flights = byOrder.get(outOrderNo);
      if (flights?.get(query) === flight) {
        flights.delete(query);
        size -= 1;
        if (flights.size === 0) {
          byOrder.delete(outOrderNo);
        }
      }
    },
    forget: (outOrderNo, butState) => {
      remove(outOrderNo, butState);
      remove(null, undefined);
    },
  };
}

function flightKey(query: PayAfterOrderQuery): FlightKey {
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : null;
  return { outOrderNo, query: queryKey(query) };
}

/** Queries with the same key are the same query. */
export function queryKey(query: PayAfterOrderQuery): string {
  const by = 'outOrderNo' in query ? ['outOrderNo', query.outOrderNo] : ['queryId', query.queryId];
  return JSON.stringify([query.appid, query.serviceId, ...by]);
}
