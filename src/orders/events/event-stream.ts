import type { OrderProduct } from '../../domain/order-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LoggedEvent, OrderEvent } from '../../ledger/records.ts';

/** Where the events come from. */
export interface StreamSource extends Pick<Ledger, 'eventsAfter' | 'bus'> {
  /** Of a failed read: while the database is away, every open stream has one every few seconds. */
  readonly log: { readonly warn: (fields: { readonly err: unknown }, message: string) => void };
}

export interface StreamOptions {
  readonly visibility: Visibility;
  /** Events of orders of this product only; undefined: of both. */
  readonly product?: OrderProduct | undefined;
  /** Events of orders with this number only. */
  readonly outOrderNo: string | null;
  /** Events after this cursor, stored ones first; null: only new events. */
  readonly after: number | null;
  /** Ends the stream, like `return()`. */
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 32;
/** A reader that is this many events behind continues from the store. */
const BUFFER = 32;
/** After a failure; doubled each time. */
const RETRY_MS = 500;
/**
 * How soon an event is checked again if its order may turn out to be the reader's; doubled each time,
 * because a create of unknown outcome may be open for long.
 */
const UNSETTLED_MS = 100;
const LONGEST_PAUSE_MS = 4_000;

/**
 * The events of the log, stored ones first, then live, without gaps or duplicates: events that
 * exceed the buffer are read from the store. Ending the stream releases it immediately, also while
 * it waits.
 */
export function eventStream(
  { eventsAfter, bus, log }: StreamSource,
  { after, signal, ...part }: StreamOptions,
): AsyncIterableIterator<OrderEvent> {
  const { visibility, product, outOrderNo } = part;
  let cursor = after ?? bus.head();
  let stored: OrderEvent[] = [];
  let live: OrderEvent[] = [];
  let behind = after !== null;
  let ended = false;
  let wake = () => {};

  const hear = (event: LoggedEvent) => {
    const sight = sightOf(visibility, event);
    const isOther =
      (product !== undefined && event.product !== product) ||
      (outOrderNo !== null && event.outOrderNo !== outOrderNo);
    if (sight === 'hidden' || isOther) {
      return;
    }
    if (sight === 'shown' && live.length < BUFFER) {
      live.push(event);
    } else {
      behind = true;
    }
    wake();
  };
  const unsubscribe = bus.subscribe(hear, { visibility, outOrderNo });
  const end = () => {
    ended = true;
    unsubscribe();
    signal?.removeEventListener('abort', end);
    wake();
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted) {
    end();
  }

  let pauses = 0;
  /** Until the time is up, something is heard, or the stream ends. */
  const pause = (firstMs: number) =>
    new Promise<void>((resolve) => {
      if (ended) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** pauses));
      pauses += 1;
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const readOn = async () => {
    // Subscribed before the read: events that arrive during it are buffered, and skipped if the
    // read returned them.
    behind = false;
    live = [];
    try {
      const page = await eventsAfter({ ...part, cursor, limit: PAGE });
      const unsettled = page.findIndex((event) => sightOf(visibility, event) === 'later');
      stored = page.slice(0, unsettled < 0 ? page.length : unsettled);
      behind ||= page.length === PAGE || unsettled >= 0;
      if (unsettled === 0) {
        await pause(UNSETTLED_MS);
      } else {
        pauses = 0;
      }
    } catch (err) {
      log.warn({ err }, 'reading the event log failed, retrying');
      behind = true;
      await pause(RETRY_MS);
    }
  };
  const next = async (): Promise<IteratorResult<OrderEvent>> => {
    while (!ended) {
      const event = stored.shift() ?? (behind ? undefined : live.shift());
      if (event !== undefined && event.id > cursor) {
        cursor = event.id;
        return { done: false, value: event };
      }
      if (event === undefined && behind) {
        await readOn();
      } else if (event === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return { done: true, value: undefined };
  };
  return {
    next,
    return: () => {
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** `later`: the event may be visible; the reader's create of its order is not settled. */
type Sight = 'shown' | 'hidden' | 'later';

function sightOf(
  visibility: Visibility,
  { owner, claimant }: Pick<LoggedEvent, 'owner' | 'claimant'>,
): Sight {
  if (visibility.kind === 'none') {
    return 'hidden';
  }
  if (visibility.kind === 'all' || owner === visibility.owner) {
    return 'shown';
  }
  return owner === null && claimant === visibility.owner ? 'later' : 'hidden';
}
