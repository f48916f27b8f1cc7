import { beijingDigits } from '../clock.ts';
import { isJsonObject, type JsonObject, numberOf, textOf } from '../http/json.ts';
import { opaque, randomDigits } from '../random.ts';

/** What a service order is at. On the wire it is `state`, `state_description` and `collection` together. */
export type Phase = 'created' | 'accepted' | 'completed' | 'done' | 'revoked' | 'expired';

/** A merchant's writes to an existing service order; `pay` has WeChat Pay collect once more. */
export type ServiceOrderOperation = 'complete' | 'modify' | 'cancel' | 'pay' | 'sync';

/** One part of a payment. */
interface PaymentDetail {
  /** Fen. */
  readonly amount: number;
  /** Only of an amount above 0 through WeChat Pay. */
  readonly transactionId?: string;
}

/** The messages about money that a merchant can send to the user. */
export type Message = 'send-prepaidmessage' | 'send-pendingmessage';

export interface Payment {
  readonly atMs: number;
  /** MCH: the merchant reported it. */
  readonly type: 'NEWTON' | 'MCH';
  readonly details: readonly PaymentDetail[];
}

/** One service order in WeChat Pay. Times in milliseconds of the business clock. */
export interface ServiceOrder {
  readonly outOrderNo: string;
  readonly orderId: string;
  readonly queryId: string;
  readonly phase: Phase;
  readonly createdAtMs: number;
  readonly acceptedAtMs?: number;
  readonly completedAtMs?: number;
  /** What is to be collected; a modify lowers it. Fen. */
  readonly totalAmount?: number;
  /** Whether there was something to collect at the complete. */
  readonly collects?: boolean;
  readonly modified?: boolean;
  readonly payment?: Payment;
  /** Until then a debit runs, and nothing else may change the order. */
  readonly busyUntilMs?: number;
  /** The user of the order; undefined before the confirmation. */
  readonly openid?: string;
  /** What opens the confirmation page: once, and for an hour. */
  readonly launchPackage: string;
  readonly packageAtMs: number;
  /** The page was opened with the package. */
  readonly opened?: boolean;
  /** The user has left the page without confirming. */
  readonly left?: boolean;
  /** The raw body of the create. */
  readonly wire: JsonObject;
  /** What complete and modify have replaced: lists, times, places. */
  readonly replaced: JsonObject;
  /** The messages that were sent. */
  readonly messages: readonly Message[];
  /** The digests of the bodies that succeeded, to recognize their repeats. */
  readonly succeeded: Readonly<Partial<Record<ServiceOrderOperation, string>>>;
}

const CREATED_LIVES_MS = 30 * 24 * 60 * 60 * 1000;

/** All service orders of one sandbox. Their numbers are apart from those of pay-after orders. */
export interface ServiceOrderStore {
  find(outOrderNo: string, nowMs: number): ServiceOrder | undefined;
  findByQueryId(queryId: string, nowMs: number): ServiceOrder | undefined;
  findByPackage(launchPackage: string, nowMs: number): ServiceOrder | undefined;
  all(nowMs: number): readonly ServiceOrder[];
  /** Adds an order, or replaces the one with its number. */
  put(order: ServiceOrder): void;
}

export function createServiceOrderStore(): ServiceOrderStore {
  const orders = new Map<string, ServiceOrder>();
  const numbersByQueryId = new Map<string, string>();
  const find = (outOrderNo: string, nowMs: number) => {
    const order = orders.get(outOrderNo);
    return order && aged(order, nowMs);
  };
  return {
    find,
    findByQueryId: (queryId, nowMs) => find(numbersByQueryId.get(queryId) ?? '', nowMs),
    findByPackage: (launchPackage, nowMs) => {
      const order = [...orders.values()].find((one) => one.launchPackage === launchPackage);
      return order && aged(order, nowMs);
    },
    all: (nowMs) => [...orders.values()].map((order) => aged(order, nowMs)),
    put: (order) => {
      orders.set(order.outOrderNo, order);
      numbersByQueryId.set(order.queryId, order.outOrderNo);
    },
  };
}

/** CREATED is EXPIRED 30 days after the create. */
function aged(order: ServiceOrder, nowMs: number): ServiceOrder {
  const isOver = order.phase === 'created' && nowMs - order.createdAtMs >= CREATED_LIVES_MS;
  return isOver ? { ...order, phase: 'expired' } : order;
}

/** A new order, which waits for the user. */
export function newServiceOrder(wire: JsonObject, nowMs: number): ServiceOrder {
  return {
    outOrderNo: textOf(wire, 'out_order_no') ?? '',
    orderId: `1000000000${randomDigits(21)}`,
    queryId: opaque(32),
    phase: 'created',
    createdAtMs: nowMs,
    launchPackage: opaque(96),
    packageAtMs: nowMs,
    wire,
    replaced: {},
    messages: [],
    succeeded: {},
  };
}

/** An order that waits for its user, with another package, which a repeated create returns. */
export function repackaged(order: ServiceOrder, nowMs: number): ServiceOrder {
  if (order.phase !== 'created') {
    return order;
  }
  const { opened: _spent, left: _before, ...rest } = order;
  return { ...rest, launchPackage: opaque(96), packageAtMs: nowMs };
}

/** The user has confirmed, or need not. OnAccept becomes the time of it. */
export function accepted(order: ServiceOrder, openid: string, nowMs: number): ServiceOrder {
  return { ...order, phase: 'accepted', acceptedAtMs: nowMs, openid };
}

/** The order when it is paid. `parts`: how many details a payment through WeChat Pay has. */
export function paid(
  order: ServiceOrder,
  type: Payment['type'],
  atMs: number,
  parts = 1,
): ServiceOrder {
  const { busyUntilMs: _over, ...rest } = order;
  const day = beijingDigits(atMs).slice(0, 8);
  const details = shares(order.totalAmount ?? 0, type === 'NEWTON' ? parts : 1).map((amount) => ({
    amount,
    ...(type === 'NEWTON' && amount > 0 && { transactionId: `4200${day}${randomDigits(16)}` }),
  }));
  return { ...rest, phase: 'done', payment: { atMs, type, details } };
}

/** An amount in so many parts; the first has the rest. */
function shares(total: number, parts: number): readonly number[] {
  const share = Math.floor(total / parts);
  return Array.from({ length: parts }, (_, nth) =>
    nth === 0 ? total - share * (parts - 1) : share,
  );
}

/** Whether a debit runs at this moment. */
export function isBusy({ phase, busyUntilMs }: ServiceOrder, nowMs: number): boolean {
  return phase === 'completed' && busyUntilMs !== undefined && nowMs < busyUntilMs;
}

/** The limit that the create set. Fen. */
export function riskAmountOf({ wire }: Pick<ServiceOrder, 'wire'>): number {
  const fund = wire['risk_fund'];
  return (isJsonObject(fund) ? numberOf(fund, 'amount') : undefined) ?? 0;
}

/** An object of the order: what a complete sent of it, over what the create sent. */
export function objectOf({ wire, replaced }: ServiceOrder, name: string): JsonObject {
  const [created, completed] = [wire[name], replaced[name]];
  return {
    ...(isJsonObject(created) && created),
    ...(isJsonObject(completed) && completed),
  };
}

/** When the service starts: OnAccept is the time of the confirmation, once there is one. */
export function startTimeOf(order: ServiceOrder): string | undefined {
  const start = textOf(objectOf(order, 'time_range'), 'start_time');
  return start === 'OnAccept' && order.acceptedAtMs !== undefined
    ? beijingDigits(order.acceptedAtMs)
    : start;
}
