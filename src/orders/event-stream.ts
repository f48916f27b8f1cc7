import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import type { EventRow } from './store/tables.ts';

export interface StreamOptions {
  /** Events of this order alone. */
  readonly outOrderNo: string | null;
  /** Events after this cursor, first those that are stored; null: only what comes from now on. */
  readonly after: number | null;
  /** Ends the stream, as `return()` does. */
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 100;
/** A reader that is this many events behind reads on from the store instead. */
const BUFFER = 100;
const RETRY_MS = 500;

/**
 * The events of the log, stored ones first, then live, without gap or duplicate: what the buffer
 * could not hold is read from the store. Ending it frees it at once, also while it waits.
 */
export function eventStream(
  { store, bus, log }: Pick<Ledger, 'store' | 'bus' | 'log'>,
  { outOrderNo, after, signal }: StreamOptions,
): AsyncIterableIterator<EventRow> {
  let cursor = after ?? bus.head();
  let stored: EventRow[] = [];
  let live: EventRow[] = [];
  let behind = after !== null;
  let ended = false;
  let wake = () => {};

  const unsubscribe = bus.subscribe((event) => {
    if (outOrderNo !== null && event.out_order_no !== outOrderNo) {
      return;
    }
    if (live.length < BUFFER) {
      live.push(event);
    } else {
      behind = true;
    }
    wake();
  });
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

  const readOn = async () => {
    // Before the read: what arrives during it stays in the buffer, and is skipped if it was read.
    behind = false;
    live = [];
    try {
      let query = store.db.selectFrom('events').selectAll().where('id', '>', cursor);
      if (outOrderNo !== null) {
        query = query.where('out_order_no', '=', outOrderNo);
      }
      stored = await query.orderBy('id').limit(PAGE).execute();
      behind ||= stored.length === PAGE;
    } catch (err) {
      log.warn({ err }, 'the event log could not be read; again soon');
      behind = true;
      await sleep(RETRY_MS);
    }
  };
  const next = async (): Promise<IteratorResult<EventRow>> => {
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
