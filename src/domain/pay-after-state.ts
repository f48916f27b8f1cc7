/** The states that this server knows; UNKNOWN is any other state of WeChat Pay. */
export type PayAfterState =
  | 'CREATED'
  | 'USER_ACCEPTED'
  | 'FINISHED'
  | 'USER_PAID'
  | 'REVOKED'
  | 'EXPIRED'
  | 'UNKNOWN';

const KNOWN: readonly PayAfterState[] = [
  'CREATED',
  'USER_ACCEPTED',
  'FINISHED',
  'USER_PAID',
  'REVOKED',
  'EXPIRED',
];

/** States only move forward, and steps may be skipped. */
const FORWARD: Readonly<Record<PayAfterState, readonly PayAfterState[]>> = {
  CREATED: ['USER_ACCEPTED', 'FINISHED', 'USER_PAID', 'REVOKED', 'EXPIRED'],
  USER_ACCEPTED: ['FINISHED', 'USER_PAID', 'REVOKED'],
  FINISHED: ['USER_PAID', 'REVOKED'],
  USER_PAID: [],
  REVOKED: [],
  EXPIRED: [],
  UNKNOWN: [],
};

/** How an observed state relates to the recorded one. */
export type Advance = 'forward' | 'same' | 'stale' | 'suspicious';

export interface StateWord {
  readonly state: PayAfterState;
  readonly raw: string;
}

export function readState(raw: string): StateWord {
  return { raw, state: KNOWN.find((state) => state === raw) ?? 'UNKNOWN' };
}

export function isFinal(state: PayAfterState): boolean {
  return state === 'USER_PAID' || state === 'REVOKED' || state === 'EXPIRED';
}

/**
 * `stale`: a state that the order has passed, as late notifications show. `suspicious`: a state
 * that cannot follow the recorded one. A state that this server does not know is applied, except to
 * a final state; it hides no known state that comes after the last known one.
 * @param lastKnown the last recorded state that this server knows, if the recorded one is UNKNOWN
 */
export function advance(
  recorded: StateWord,
  observed: StateWord,
  lastKnown: PayAfterState = 'UNKNOWN',
): Advance {
  if (recorded.raw === observed.raw) {
    return 'same';
  }
  if (observed.state === 'UNKNOWN') {
    return isFinal(recorded.state) ? 'suspicious' : 'forward';
  }
  if (recorded.state === 'UNKNOWN') {
    const isLater = FORWARD[lastKnown].includes(observed.state);
    return isLater || isFinal(observed.state) ? 'forward' : 'stale';
  }
  if (FORWARD[recorded.state].includes(observed.state)) {
    return 'forward';
  }
  return FORWARD[observed.state].includes(recorded.state) ? 'stale' : 'suspicious';
}

/** What an order has once and for all; null or left out: not known. */
interface Facts {
  readonly appid: string;
  readonly serviceId: string;
  readonly riskAmount?: number | null | undefined;
  readonly totalAmount?: number | null | undefined;
}

/**
 * The name of a fact that contradicts the record, as WeChat Pay calls it; undefined if none does. What
 * contradicts the record, by a fact or by a status that cannot follow, is kept but not applied: money
 * of one order must not be moved by what belongs to another.
 */
export function contradictedField(recorded: Facts, seen: Facts): string | undefined {
  const pairs = {
    appid: [recorded.appid, seen.appid],
    service_id: [recorded.serviceId, seen.serviceId],
    risk_amount: [recorded.riskAmount ?? null, seen.riskAmount ?? null],
    total_amount: [recorded.totalAmount ?? null, seen.totalAmount ?? null],
  };
  return Object.entries(pairs).find(
    ([, [known, now]]) => known !== null && now !== null && known !== now,
  )?.[0];
}

/** Whether it is an order of another app or service, though its number is the same. */
export function isOtherOrder(
  known: Pick<Facts, 'appid' | 'serviceId'>,
  seen: Pick<Facts, 'appid' | 'serviceId'>,
): boolean {
  return known.appid !== seen.appid || known.serviceId !== seen.serviceId;
}

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
