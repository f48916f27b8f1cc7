import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Visibility } from '../../domain/visibility.ts';
import type { EventsAfter } from '../jobs/event-log.ts';
import type { LoggedEvent } from '../records.ts';

/** Publishes every event of the log, of all instances, in the order of their cursors. */
export interface EventBus {
  /** Called with each new event that may be of interest. Returns how to stop. */
  readonly subscribe: (listener: Listener, interest?: Interest) => () => void;
  /** Reads new events, including those of earlier writes. */
  readonly poll: () => void;
  /** The cursor of the last published event. */
  readonly head: () => number;
  readonly close: () => Promise<void>;
}

const POLL_MS = 1_000;
const PAGE = 500;

/** Where the events come from. */
export interface EventSourceLog {
  /** The cursor of the newest event. */
  readonly newest: () => Promise<number>;
  readonly eventsAfter: (query: EventsAfter) => Promise<readonly LoggedEvent[]>;
  readonly onNotify: (callback: () => void) => () => void;
}

/** Reads the log from its present end on. Notifications of other instances trigger a read. */
export async function createEventBus(
  { newest, eventsAfter, onNotify }: EventSourceLog,
  onError: (error: unknown) => void,
): Promise<EventBus> {
  const listeners = createListeners();
  let head = await newest();
  let again = false;
  let pulling: Promise<void> | undefined;

  const readOn = async () => {
    for (;;) {
      again = false;
      const events = await eventsAfter({ cursor: head, limit: PAGE });
      for (const event of events) {
        head = event.id;
        await publish(event, listeners.of(event));
      }
      if (events.length < PAGE && !again) {
        return;
      }
    }
  };
  const pull = () => {
    again = true;
    pulling ??= readOn()
      .catch(onError)
      .finally(() => {
        pulling = undefined;
        // Requested after the last read, and before this.
        if (again) {
          pull();
        }
      });
  };

  const stopHints = onNotify(pull);
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

/** What so many streams do with an event takes a few ms of the event loop. */
const SLICE = 64;

/** Calls the listeners in slices, so that one event of many streams does not stop the event loop. */
async function publish(event: LoggedEvent, listeners: readonly Listener[]): Promise<void> {
  for (let from = 0; from < listeners.length; from += SLICE) {
    if (from > 0) {
      await nextTurn();
    }
    for (const listener of listeners.slice(from, from + SLICE)) {
      listener(event);
    }
  }
}

/** The events that a listener wants. */
export interface Interest {
  readonly visibility: Visibility;
  /** Null for the events of all visible orders. */
  readonly outOrderNo: string | null;
}

type Listener = (event: LoggedEvent) => void;

/** Listeners by their interest: an event costs nothing for listeners that do not want it. */
export interface Listeners {
  /** Returns how to stop. Without an interest: all events. */
  readonly add: (listener: Listener, interest?: Interest) => () => void;
  /** All listeners that may want it. */
  readonly of: (event: LoggedEvent) => readonly Listener[];
}

export function createListeners(): Listeners {
  const byTopic = new Map<string, Set<Listener>>();
  return {
    add: (listener, interest) => {
      const topic = topicOf(interest);
      const listeners = byTopic.get(topic) ?? new Set();
      byTopic.set(topic, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && byTopic.get(topic) === listeners) {
          byTopic.delete(topic);
        }
      };
    },
    of: (event) => topicsOf(event).flatMap((topic) => [...(byTopic.get(topic) ?? [])]),
  };
}

const EVERYTHING = 'everything';

function topicOf(interest: Interest | undefined): string {
  if (interest === undefined) {
    return EVERYTHING;
  }
  const { visibility, outOrderNo } = interest;
  if (outOrderNo !== null) {
    return `order ${outOrderNo}`;
  }
  return visibility.kind === 'own' ? `owner ${visibility.owner}` : EVERYTHING;
}

/** While the owner of an order is not known, it may be the claimant. */
function topicsOf({ outOrderNo, owner, claimant }: LoggedEvent): readonly string[] {
  const theirs = owner ?? claimant;
  const topics = [EVERYTHING, `order ${outOrderNo}`];
  return theirs === null ? topics : [...topics, `owner ${theirs}`];
}
