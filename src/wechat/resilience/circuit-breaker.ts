import { blockedLocally, type NotAccepted } from '../calls/retry-policy.ts';

/**
 * The state of a circuit breaker. Half-open while one attempt probes whether the outage is over.
 */
export type Circuit =
  | { readonly state: 'closed' | 'half-open' }
  | { readonly state: 'open'; readonly untilMs: number };

export type BreakerState = Circuit['state'];

/** What an attempt says of the server's health; `neither`: rate limited, or never reached it. */
export type Health = 'good' | 'bad' | 'neutral';

export interface CircuitRule {
  /** With fewer attempts in the window the circuit does not open. */
  readonly attempts: number;
  /** From 0 to 1. */
  readonly failingShare: number;
  readonly openMs: number;
}

export type AttemptDecision =
  | { readonly pass: 'allowed' | 'probe' }
  /** How long the circuit stays open: the wait that a caller may be given. */
  | { readonly pass: 'rejected'; readonly waitMs: number };

export const CLOSED: Circuit = { state: 'closed' };

/**
 * Whether an attempt may be sent now. Pure, as is {@link recordOutcome}: together they are the
 * whole breaker.
 */
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
 * The state after the result of an attempt. If a probe is inconclusive, the next attempt probes.
 * Attempts sent before the circuit opened are ignored.
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

export const PAUSED = 'Circuit breaker open: WeChat Pay failed too often recently. Retry later.';

interface BreakerContext {
  readonly windowMs: number;
  readonly now: () => number;
  readonly onChange: () => void;
}

/**
 * A breaker with its state, over the counts of a window.
 * @param now ms of a monotonic clock
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
    /** Why nothing is sent now; undefined if an attempt may be sent. */
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

/** Counts over a sliding window, some of them marked as failed. */
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
 * Counts in ten slots, so that the cost does not depend on the counts; what is older than the
 * window leaves slot by slot.
 * @param now ms of a monotonic clock
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
