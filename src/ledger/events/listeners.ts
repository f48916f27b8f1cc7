import type { Visibility } from '../../domain/visibility.ts';
import type { LoggedEvent } from '../records.ts';

/** The events that a listener wants. */
export interface Interest {
  readonly visibility: Visibility;
  /** Null for the events of all visible orders. */
  readonly outOrderNo: string | null;
}

export type Listener = (event: LoggedEvent) => void;

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
