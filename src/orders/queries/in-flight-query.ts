import type { PayAfterOrder, PayAfterOrderQuery } from '../../wechat/index.ts';

/** One query that is under way at WeChat, or its answer while it is kept. */
export interface Flight {
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
export interface FlightKey {
  readonly outOrderNo: string;
  readonly query: string;
}

/** Flights by order number, so that one order's are forgotten at once. */
export interface FlightBook {
  readonly size: () => number;
  readonly find: (key: FlightKey) => Flight | undefined;
  readonly add: (key: FlightKey, flight: Flight) => void;
  /** Takes this very flight out; another that has taken its place stays. */
  readonly drop: (key: FlightKey, flight: Flight) => void;
  /** All of an order, but for those whose answer has this state. */
  readonly forget: (outOrderNo: string, butState?: string) => void;
}

/** Queries by queryId: which order it stands for is not known. No order has an empty number. */
const UNKNOWN = '';

export function flightBook(): FlightBook {
  const byOrder = new Map<string, Map<string, Flight>>();
  let size = 0;
  const remove = (outOrderNo: string, butState: string | undefined) => {
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
      remove(UNKNOWN, undefined);
    },
  };
}

export function flightKey(query: PayAfterOrderQuery): FlightKey {
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : UNKNOWN;
  return { outOrderNo, query: queryKey(query) };
}

/** Queries with the same key are the same query. */
export function queryKey(query: PayAfterOrderQuery): string {
  const by = 'outOrderNo' in query ? ['outOrderNo', query.outOrderNo] : ['queryId', query.queryId];
  return JSON.stringify([query.appid, query.serviceId, ...by]);
}
