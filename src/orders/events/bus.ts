import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../../ledger/database/open-store.ts';
import { eventsAfter } from '../../ledger/event-log.ts';
import { createListeners, type Interest, type Listener } from './listeners.ts';

/** Gives out every event of the log, of all instances, in the order of their cursors. */
export interface EventBus {
  /** Called with each new event that may be of interest. Returns how to stop. */
  readonly subscribe: (listener: Listener, interest?: Interest) => () => void;
  /** Looks for new events now; after a commit of ours, say. */
  readonly poll: () => void;
  /** The cursor of the last event given out. */
  readonly head: () => number;
  readonly close: () => Promise<void>;
}

const POLL_MS = 1_000;
const PAGE = 500;

/** Reads the log from its present end on. Hints of other instances make it look at once. */
export async function createEventBus(
  { db, onNotify: onHint }: Pick<Store, 'db' | 'onNotify'>,
  onError: (error: unknown) => void,
): Promise<EventBus> {
  const listeners = createListeners();
  const newest = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  let head = newest?.id ?? 0;
  let again = false;
  let pulling: Promise<void> | undefined;

  const readOn = async () => {
    for (;;) {
      again = false;
      const events = await eventsAfter(db, head).limit(PAGE).execute();
      for (const event of events) {
        head = event.id;
        for (const listener of listeners.of(event)) {
          listener(event);
        }
      }
      if (events.length < PAGE && !again) {
        return;
      }
    }
  };
  const pull = () => {
    again = true;
    pulling ??= nextTurn()
      .then(readOn)
      .catch(onError)
      .finally(() => {
        pulling = undefined;
        // Asked for after the last look, and before this.
        if (again) {
          pull();
        }
      });
  };

  const stopHints = onHint(pull);
  const poll = setInterval(pull, POLL_MS);
  poll.unref();
  return {
    subscribe: listeners.add,
    poll: pull,
    head: () => head,
    close: async () => {
      stopHints();
      clearInterval(poll);
      while (pulling !== undefined) {
        await pulling;
      }
    },
  };
}
