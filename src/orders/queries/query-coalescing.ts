import type { Ledger } from '../../ledger/ledger.ts';
import type { PayAfterOrder, PayAfterOrderQuery, WechatPay } from '../../wechat/index.ts';
import { type Flight, type FlightKey, flightBook, flightKey } from './in-flight-query.ts';
import type { ObservationFilter } from './observed-state-cache.ts';

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
