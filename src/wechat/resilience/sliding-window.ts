/** Counts over a sliding window, some of them marked. */
export interface Tally {
  readonly count: (marked: boolean) => void;
  readonly read: () => Counts;
  readonly clear: () => void;
}

export interface Counts {
  readonly all: number;
  readonly failed: number;
}

const SLOTS = 10;

/**
 * Counts in ten slots, so that it costs the same however much is counted; what is older than the
 * window leaves a slot at a time.
 * @param now ms of a clock that never goes back
 */
export function createSlidingWindow(windowMs: number, now: () => number): Tally {
  const slotMs = windowMs / SLOTS;
  let slots: { turn: number; all: number; marked: number }[] = [];
  const current = () => {
    const turn = Math.floor(now() / slotMs);
    if (slots.at(-1)?.turn !== turn) {
      slots = slots.filter((slot) => slot.turn > turn - SLOTS);
    }
    return turn;
  };
  return {
    count: (marked) => {
      const turn = current();
      let slot = slots.at(-1);
      if (slot?.turn !== turn) {
        slot = { turn, all: 0, marked: 0 };
        slots.push(slot);
      }
      slot.all += 1;
      slot.marked += marked ? 1 : 0;
    },
    read: () => {
      current();
      let all = 0;
      let marked = 0;
      for (const slot of slots) {
        all += slot.all;
        marked += slot.marked;
      }
      return { all, failed: marked };
    },
    clear: () => {
      slots = [];
    },
  };
}
