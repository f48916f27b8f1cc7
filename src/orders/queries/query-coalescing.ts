import type { OrderProduct } from '../../domain/order-state.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { OrderEvent } from '../../ledger/records.ts';
import type { OrderQuery, QueryOptions } from '../../wechat/index.ts';

/**
 * The queries of the orders of one product. Concurrent ones for the same order share one request, including those that were queued before
 * the response and start only after it. A caller never receives a response that arrived before the
 * caller did, unless caching is enabled.
 */
export interface QueryCoalescing<O> {
  /**
   * Throws what the client throws, or the reason of this caller's own abort. The request itself is
   * aborted when no caller waits for it.
   * @param cameMs when the caller arrived, on the monotonic clock; if omitted, now
   * @param onAnswer called with the time before which a caller has to have arrived to receive this
   * answer too
   */
  readonly ask: (
    query: OrderQuery,
    signal: AbortSignal | undefined,
    cameMs?: number,
    onAnswer?: (freshUntilMs: number) => void,
  ) => Promise<O | null>;
  /**
   * The order was written to or changed: later callers do not receive the result of an earlier
   * query.
   */
  readonly forget: (outOrderNo: string) => void;
  readonly close: () => void;
}

export interface QueryCoalescingOptions<O> {
  readonly product: OrderProduct;
  readonly query: (query: OrderQuery, options: QueryOptions) => Promise<O | null>;
  /** Called with each order that a query shows. */
  readonly see: (order: O) => void;
  /** WeChat Pay's values for the state of an order, as events have them. */
  readonly wordsOf: (order: O) => StateWords;
  readonly bus: Pick<Ledger['bus'], 'subscribe'>;
  /** How long a result is cached, in ms since its query. */
  readonly keepMs: number;
}

type StateWords = Pick<OrderEvent, 'stateRaw' | 'stateDescriptionRaw' | 'collectionStateRaw'>;

/** Maximum cached orders; further results are not cached. */
const MOST_KEPT = 10_000;
/** Maximum queueing time; later callers start a new request. */
const LINE_MS = 100;

export function createQueryCoalescing<O>(options: QueryCoalescingOptions<O>): QueryCoalescing<O> {
  const { product, see, wordsOf, bus, keepMs } = options;
  const flights = flightIndex<O>();
  const depart = (query: OrderQuery, key: FlightKey): Flight<O> => {
    const controller = new AbortController();
    const askedMs = performance.now();
    const ask = async () => {
      const { signal } = controller;
      const order = await options.query(query, { signal });
      if (order !== null) {
        see(order);
      }
      return order;
    };
    const drop = () => flights.drop(key, flight);
    const answer = ask();
    const flight: Flight<O> = {
      answer,
      abort: (reason) => {
        drop();
        controller.abort(reason);
      },
      waiting: 0,
      freshUntilMs: Number.POSITIVE_INFINITY,
      state: null,
    };
    // A failure, or a missing order, is reported only to the callers that wait for it.
    answer.then((order) => {
      const landedMs = performance.now();
      flight.freshUntilMs = Math.max(landedMs, askedMs + keepMs);
      flight.state = order && wordsOf(order);
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
    ask: async (query, signal, cameMs = performance.now(), onAnswer = () => {}) => {
      signal?.throwIfAborted();
      const key = flightKey(query);
      const known = flights.find(key);
      const flight = known && cameMs < known.freshUntilMs ? known : depart(query, key);
      const order = await wait(flight, signal);
      onAnswer(flight.freshUntilMs);
      return order;
    },
    forget: (outOrderNo) => flights.forget(outOrderNo),
    // The response of a query may itself have caused the event.
    close: bus.subscribe((event) => {
      if (event.product === product) {
        flights.forget(event.outOrderNo, event);
      }
    }),
  };
}

/** Waits for an in-flight query; the last caller that leaves aborts it. */
function wait<O>(flight: Flight<O>, signal: AbortSignal | undefined): Promise<O | null> {
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

/** A query in flight, or its cached response. */
interface Flight<O> {
  readonly answer: Promise<O | null>;
  /** How many callers wait for it. */
  waiting: number;
  /** Callers that arrived before this time, on the monotonic clock, may receive its response. */
  freshUntilMs: number;
  /** The state of the order in the response, as WeChat Pay names it; null before it arrives. */
  state: StateWords | null;
  readonly abort: (reason: unknown) => void;
}

/**
 * The key of an in-flight query in the index: its order, and everything that distinguishes queries.
 */
interface FlightKey {
  /** Null for a query by queryId: which order it is for is not known. */
  readonly outOrderNo: string | null;
  readonly query: string;
}

/** In-flight queries by order number, so that all of an order are removed together. */
interface FlightIndex<O> {
  readonly size: () => number;
  readonly find: (key: FlightKey) => Flight<O> | undefined;
  readonly add: (key: FlightKey, flight: Flight<O>) => void;
  /** Removes this query, but not one that has replaced it. */
  readonly drop: (key: FlightKey, flight: Flight<O>) => void;
  /** Removes all of an order, except those whose response has this state. */
  readonly forget: (outOrderNo: string, butState?: StateWords) => void;
}

function flightIndex<O>(): FlightIndex<O> {
  const byOrder = new Map<string | null, Map<string, Flight<O>>>();
  let size = 0;
  const remove = (outOrderNo: string | null, butState: StateWords | undefined) => {
    const flights = byOrder.get(outOrderNo) ?? new Map<string, Flight<O>>();
    for (const [query, { state }] of flights) {
      if (!isSame(state, butState)) {
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
      const flights = byOrder.get(outOrderNo) ?? new Map<string, Flight<O>>();
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

function isSame(one: StateWords | null, other: StateWords | undefined): boolean {
  return (
    one !== null &&
    one.stateRaw === other?.stateRaw &&
    one.stateDescriptionRaw === other.stateDescriptionRaw &&
    one.collectionStateRaw === other.collectionStateRaw
  );
}

function flightKey(query: OrderQuery): FlightKey {
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : null;
  return { outOrderNo, query: queryKey(query) };
}

/** Queries with the same key are the same query. */
export function queryKey(query: OrderQuery): string {
  const by = 'outOrderNo' in query ? ['outOrderNo', query.outOrderNo] : ['queryId', query.queryId];
  return JSON.stringify([query.appid, query.serviceId, ...by]);
}
