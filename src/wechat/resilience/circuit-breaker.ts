import type { Counts } from './sliding-window.ts';

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
