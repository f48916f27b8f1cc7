import { isFinal, type PayAfterState } from './pay-after-state.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A quarter of the time since the last change, within these bounds. */
const SHORTEST = 20 * SECOND;
const LONGEST: Partial<Readonly<Record<PayAfterState, number>>> = { CREATED: 5 * MINUTE };
const LONGEST_OTHERWISE = HOUR;

/** CREATED becomes EXPIRED after an hour; a service may last for weeks, and so may a debit. */
const GIVE_UP: Partial<Readonly<Record<PayAfterState, number>>> = { CREATED: 2 * HOUR };
const GIVE_UP_OTHERWISE = 30 * DAY;

/**
 * When to ask WeChat about an order next, since notifications are not guaranteed to come: every 20 s
 * while its state is young, then ever more rarely. Null: never again by itself.
 * @param jitter from 0 up to 1: spreads orders that were made together
 */
export function nextOrderCheck(
  {
    state,
    since,
    now,
  }: { readonly state: PayAfterState; readonly since: number; readonly now: number },
  jitter: number,
): number | null {
  const age = Math.max(0, now - since);
  if (isFinal(state) || age > (GIVE_UP[state] ?? GIVE_UP_OTHERWISE)) {
    return null;
  }
  const interval = Math.min(Math.max(age / 4, SHORTEST), LONGEST[state] ?? LONGEST_OTHERWISE);
  return Math.round(now + interval * (1 + jitter / 4));
}

/** When to ask whether an open intent has taken effect: soon, then at least twice a minute for an hour. */
export function nextIntentCheck(
  { since, now }: { readonly since: number; readonly now: number },
  jitter: number,
): number {
  const age = Math.max(0, now - since);
  const longest = age < HOUR ? 20 * SECOND : HOUR;
  const interval = Math.min(Math.max(age / 2, 2 * SECOND), longest);
  return Math.round(now + interval * (1 + jitter / 4));
}
