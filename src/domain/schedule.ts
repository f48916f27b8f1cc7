import { isFinal, type PayAfterState } from './pay-after-state.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A quarter of the time since the last change, within these bounds. */
const SHORTEST = 20 * SECOND;
const LONGEST: Partial<Readonly<Record<PayAfterState, number>>> = { CREATED: 5 * MINUTE };
const LONGEST_OTHERWISE = HOUR;

/** CREATED becomes EXPIRED after an hour; a service may last for weeks, and so may the debit. */
const GIVE_UP: Partial<Readonly<Record<PayAfterState, number>>> = { CREATED: 2 * HOUR };
const GIVE_UP_OTHERWISE = 30 * DAY;

/**
 * When to query an order at WeChat Pay next, because notifications are not guaranteed to arrive:
 * every 20 s after a change, then with increasing intervals. Null: never again.
 * @param jitter from 0 up to 1: spreads orders that were created together
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

/**
 * When to query whether an open intent has taken effect: soon, then at least twice a minute for an
 * hour.
 */
export function nextIntentCheck(
  { since, now }: { readonly since: number; readonly now: number },
  jitter: number,
): number {
  const age = Math.max(0, now - since);
  const longest = age < HOUR ? 20 * SECOND : HOUR;
  const interval = Math.min(Math.max(age / 2, 2 * SECOND), longest);
  return Math.round(now + interval * (1 + jitter / 4));
}
