/** The merchant's agreement with WeChat Pay: pay-after orders (先享后付), or service orders (支付分服务订单). */
export const ORDER_PRODUCTS = ['PAY_AFTER', 'SERVICE_ORDER'] as const;
export type OrderProduct = (typeof ORDER_PRODUCTS)[number];

/** The status of an order of either product; UNKNOWN for a state that this server does not know. */
export type OrderStatus =
  | 'CREATED'
  | 'ACCEPTED'
  | 'COMPLETED'
  | 'PAID'
  | 'CANCELED'
  | 'EXPIRED'
  | 'UNKNOWN';

/** The states of a pay-after order that this server knows; UNKNOWN is any other state of WeChat Pay. */
export type PayAfterState =
  | 'CREATED'
  | 'USER_ACCEPTED'
  | 'FINISHED'
  | 'USER_PAID'
  | 'REVOKED'
  | 'EXPIRED'
  | 'UNKNOWN';

const STATUS_OF: Readonly<Record<PayAfterState, OrderStatus>> = {
  CREATED: 'CREATED',
  USER_ACCEPTED: 'ACCEPTED',
  FINISHED: 'COMPLETED',
  USER_PAID: 'PAID',
  REVOKED: 'CANCELED',
  EXPIRED: 'EXPIRED',
  UNKNOWN: 'UNKNOWN',
};

const STATE_OF: Readonly<Record<OrderStatus, PayAfterState>> = {
  CREATED: 'CREATED',
  ACCEPTED: 'USER_ACCEPTED',
  COMPLETED: 'FINISHED',
  PAID: 'USER_PAID',
  CANCELED: 'REVOKED',
  EXPIRED: 'EXPIRED',
  UNKNOWN: 'UNKNOWN',
};

export function statusOf(state: PayAfterState): OrderStatus {
  return STATUS_OF[state];
}

/** The state of a pay-after order with this status. */
export function payAfterStateOf(status: OrderStatus): PayAfterState {
  return STATE_OF[status];
}

/** A state as WeChat Pay names it, and the status that this means. */
export interface OrderState {
  readonly status: OrderStatus;
  readonly stateRaw: string;
  /** Null for pay-after orders, which have one word only. */
  readonly stateDescriptionRaw: string | null;
}

/** What differs between the products in how an order may change. */
export interface StateMachine {
  /** Statuses only move forward, and steps may be skipped. */
  readonly next: Readonly<Record<OrderStatus, readonly OrderStatus[]>>;
  /** The statuses that this state, which the server does not know, may follow. */
  readonly unknownFollows: (observed: OrderState) => readonly OrderStatus[];
  /** Whether the total of a completed order may become lower. */
  readonly canLowerTotal: boolean;
  readonly checks: CheckSchedule;
}

/** How an observed state relates to the recorded one. */
export type Advance = 'forward' | 'same' | 'stale' | 'suspicious';

export function isFinal(status: OrderStatus): boolean {
  return status === 'PAID' || status === 'CANCELED' || status === 'EXPIRED';
}

/**
 * `stale`: a state that the order has passed, as late notifications show. `suspicious`: a state
 * that cannot follow the recorded one. A state that this server does not know is applied only where
 * it may be the later one; it hides no known state that comes after the last known one.
 * @param lastKnown the last recorded status that this server knows, if the recorded one is UNKNOWN
 */
export function advance(
  machine: StateMachine,
  recorded: OrderState,
  observed: OrderState,
  lastKnown: OrderStatus = 'UNKNOWN',
): Advance {
  const { next, unknownFollows } = machine;
  if (isSame(recorded, observed)) {
    return 'same';
  }
  if (observed.status === 'UNKNOWN') {
    const known = recorded.status === 'UNKNOWN' ? lastKnown : recorded.status;
    if (known === 'UNKNOWN' || unknownFollows(observed).includes(known)) {
      return 'forward';
    }
    return isFinal(known) && isNews(machine, observed) ? 'suspicious' : 'stale';
  }
  if (recorded.status === 'UNKNOWN') {
    const isLater = next[lastKnown].includes(observed.status);
    return isLater || isFinal(observed.status) ? 'forward' : 'stale';
  }
  if (next[recorded.status].includes(observed.status)) {
    return 'forward';
  }
  return next[observed.status].includes(recorded.status) ? 'stale' : 'suspicious';
}

/** A known status has one meaning, whichever words show it; unknown ones differ by their words. */
function isSame(recorded: OrderState, observed: OrderState): boolean {
  return (
    recorded.status === observed.status &&
    (observed.status !== 'UNKNOWN' ||
      (recorded.stateRaw === observed.stateRaw &&
        recorded.stateDescriptionRaw === observed.stateDescriptionRaw))
  );
}

/** Whether an unknown state may follow some status that an order leaves late: it is no step in between. */
function isNews({ unknownFollows }: StateMachine, observed: OrderState): boolean {
  return unknownFollows(observed).includes('COMPLETED');
}

/** What never changes in an order; null or undefined: not known. */
interface Facts {
  readonly appid: string;
  readonly serviceId: string;
  readonly riskAmount?: number | null | undefined;
}

/**
 * The name of a fact that contradicts the record, as WeChat Pay calls it; undefined if none does. What
 * contradicts the record, by a fact, a total or a status that cannot follow, is kept but not applied:
 * money of one order must not be moved by what belongs to another.
 */
export function contradictedField(recorded: Facts, seen: Facts): string | undefined {
  const pairs = {
    appid: [recorded.appid, seen.appid],
    service_id: [recorded.serviceId, seen.serviceId],
    risk_amount: [recorded.riskAmount ?? null, seen.riskAmount ?? null],
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

/** `outdated`: the total before it was lowered. */
export type TotalChange = 'none' | 'lowered' | 'outdated' | 'contradicts';

/**
 * How an observed total relates to the recorded one. Once an order is completed its total is fixed,
 * except that the merchant may lower that of a service order until it is paid (修改订单金额).
 */
export function totalChange(
  { canLowerTotal }: StateMachine,
  recorded: { readonly status: OrderStatus; readonly totalAmount: number | null },
  seen: { readonly totalAmount: number | null; readonly advance: Advance },
): TotalChange {
  const { status, totalAmount: known } = recorded;
  const { totalAmount: now } = seen;
  if (known === null || now === null || known === now) {
    return 'none';
  }
  if (!canLowerTotal) {
    return 'contradicts';
  }
  if (isFinal(status)) {
    const isEarlier = seen.advance === 'stale' && now > known;
    return status === 'PAID' && !isEarlier ? 'contradicts' : 'outdated';
  }
  if (now < known) {
    return 'lowered';
  }
  return seen.advance === 'forward' ? 'contradicts' : 'outdated';
}

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A part of an order's time in one status, in ms since the status began. */
interface Stage {
  /** Until then, inclusive. */
  readonly upTo: number;
  readonly longestInterval: number;
}

/** When orders are queried, by their status; `otherwise` for the others that are not final. */
interface CheckSchedule {
  readonly of: Partial<Readonly<Record<OrderStatus, readonly Stage[]>>>;
  readonly otherwise: readonly Stage[];
}

/** An interval is a quarter of the time since the last change, but not shorter than this. */
const SHORTEST = 20 * SECOND;

/**
 * When to query an order at WeChat Pay next, because notifications are not guaranteed to arrive:
 * every 20 s after a change, then with increasing intervals. Null: never again.
 * @param jitter from 0 up to 1: spreads orders that were created together
 */
export function nextOrderCheck(
  { checks }: Pick<StateMachine, 'checks'>,
  {
    status,
    since,
    now,
  }: { readonly status: OrderStatus; readonly since: number; readonly now: number },
  jitter: number,
): number | null {
  const age = Math.max(0, now - since);
  const stages = isFinal(status) ? [] : (checks.of[status] ?? checks.otherwise);
  const stage = stages.find(({ upTo }) => age <= upTo);
  if (stage === undefined) {
    return null;
  }
  const interval = Math.min(Math.max(age / 4, SHORTEST), stage.longestInterval);
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
