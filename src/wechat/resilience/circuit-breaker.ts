import { blockedLocally, type NotAccepted } from '../calls/retry-policy.ts';

/** Where a circuit breaker stands. Half-open is while one attempt tries whether it is over. */
export type Circuit =
  | { readonly state: 'closed' | 'half-open' }
  | { readonly state: 'open'; readonly untilMs: number };

/** What an attempt says of the server's health; `neither`: it asks for fewer calls, or never saw it. */
export type Health = 'good' | 'bad' | 'neutral';

export interface CircuitRule {
  /** Below so many attempts in the window nothing is concluded. */
  readonly attempts: number;
  /** From 0 to 1. */
  readonly failingShare: number;
  readonly openMs: number;
}

export type AttemptDecision =
  | { readonly pass: 'allowed' | 'probe' }
  /** Not before so long: what a caller may be told to wait. */
  | { readonly pass: 'rejected'; readonly waitMs: number };

export const CLOSED: Circuit = { state: 'closed' };

/** Whether an attempt may be sent now. Pure, as is {@link recordOutcome}: together the whole breaker. */
export function canAttempt(circuit: Circuit, nowMs: number, rule: CircuitRule): AttemptDecision {
  switch (circuit.state) {
    case 'closed':
      return { pass: 'allowed' };
    case 'half-open':
      return { pass: 'rejected', waitMs: rule.openMs };
    case 'open':
      return nowMs >= circuit.untilMs
        ? { pass: 'probe' }
        : { pass: 'rejected', waitMs: circuit.untilMs - nowMs };
  }
}

/**
 * What follows from an attempt that was let through. Where a probe shows nothing, the next attempt
 * probes. What was sent before the circuit opened says nothing any more.
 */
export function recordOutcome(
  circuit: Circuit,
  { pass, health }: { readonly pass: 'allowed' | 'probe'; readonly health: Health },
  counts: Counts,
  nowMs: number,
  rule: CircuitRule,
): Circuit {
  if (pass === 'probe') {
    return health === 'good'
      ? CLOSED
      : { state: 'open', untilMs: health === 'bad' ? nowMs + rule.openMs : nowMs };
  }
  const failing = counts.all >= rule.attempts && counts.failed >= rule.failingShare * counts.all;
  return circuit.state === 'closed' && health === 'bad' && failing
    ? { state: 'open', untilMs: nowMs + rule.openMs }
    : circuit;
}

export const PAUSED = 'WeChat Pay has failed too often recently: calls to it pause.';

interface BreakerContext {
  readonly windowMs: number;
  readonly now: () => number;
  readonly onChange: () => void;
}

/**
 * A breaker with its state, over what was counted within a window.
 * @param now ms of a clock that never goes back
 */
export function createBreaker(rule: CircuitRule, { windowMs, now, onChange }: BreakerContext) {
  const tally = createSlidingWindow(windowMs, now);
  let circuit: Circuit = CLOSED;
  const become = (next: Circuit) => {
    const changed = next.state !== circuit.state;
    circuit = next;
    if (changed) {
      tally.clear();
      onChange();
    }
  };
  return {
    state: () => circuit.state,
    /** Why nothing is sent now; undefined where something may be. */
    shut: (): NotAccepted | undefined => {
      const admission = canAttempt(circuit, now(), rule);
      return admission.pass === 'rejected'
        ? blockedLocally('CIRCUIT_OPEN', PAUSED, admission.waitMs)
        : undefined;
    },
    pass: (): 'allowed' | 'probe' | undefined => {
      const { pass } = canAttempt(circuit, now(), rule);
      if (pass === 'probe') {
        become({ state: 'half-open' });
      }
      return pass === 'rejected' ? undefined : pass;
    },
    conclude: (pass: 'allowed' | 'probe', health: Health) => {
      if (health !== 'neutral') {
        tally.count(health === 'bad');
      }
      become(recordOutcome(circuit, { pass, health }, tally.read(), now(), rule));
    },
  };
}

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
