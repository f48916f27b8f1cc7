import { isDeepStrictEqual } from 'node:util';
import { beijingDigits } from '../clock.ts';
import { type JsonObject, textOf } from '../http/json.ts';
import { opaque, randomDigits } from '../random.ts';
import type { CreateRequest } from '../validation/create-findings.ts';
import { type PersonalData, SENSITIVE_FIELDS } from '../wechat/sensitive.ts';
import { mayBecome, type OrderState, stateAt } from './order-state.ts';

/** A merchant's operations on an existing order. */
export type Operation = 'complete' | 'cancel' | 'sync';

/** How the merchant completed an order. */
export interface Completion {
  /** 1: the service was not used; 2: it was. */
  readonly finishType: 1 | 2;
  /** Fen. */
  readonly totalAmount: number;
  /** Milliseconds of the business clock. */
  readonly atMs: number;
  /** The raw body of the complete. */
  readonly wire: JsonObject;
}

/** One order in WeChat Pay. Times in milliseconds of the business clock. */
export interface Order {
  readonly outOrderNo: string;
  readonly orderId: string;
  readonly queryId: string;
  readonly state: OrderState;
  readonly createdAtMs: number;
  readonly acceptedAtMs?: number;
  readonly paidAtMs?: number;
  readonly transactionId?: string;
  /** MchChannelPayType: the merchant reported that it was paid outside of WeChat Pay. */
  readonly payType?: 'MchChannelPayType';
  readonly completion?: Completion;
  /** The secret of its finish_tickets. */
  readonly ticketSecret: string;
  /** The digests of the bodies that succeeded, to recognize their repeats. */
  readonly succeeded: Readonly<Partial<Record<Operation, string>>>;
  readonly launchPackage: string;
  /** The confirmation page was opened with the package. */
  readonly opened?: boolean;
  /** The raw body of the create. */
  readonly wire: JsonObject;
  readonly personalData: PersonalData;
}

/**
 * All orders of one sandbox, by out_order_no. The orders it returns have the state of the given
 * time.
 */
export interface OrderStore {
  find(outOrderNo: string, nowMs: number): Order | undefined;
  findByQueryId(queryId: string, nowMs: number): Order | undefined;
  all(nowMs: number): readonly Order[];
  /** Adds an order, or replaces the one with its number. */
  put(order: Order): void;
}

export function createOrderStore(): OrderStore {
  const orders = new Map<string, Order>();
  const numbersByQueryId = new Map<string, string>();
  const settle = (order: Order, nowMs: number): Order => ({
    ...order,
    state: stateAt(order.state, order.createdAtMs, nowMs),
  });
  const find = (outOrderNo: string, nowMs: number) => {
    const order = orders.get(outOrderNo);
    return order && settle(order, nowMs);
  };
  return {
    find,
    findByQueryId: (queryId, nowMs) => find(numbersByQueryId.get(queryId) ?? '', nowMs),
    all: (nowMs) => [...orders.values()].map((order) => settle(order, nowMs)),
    put: (order) => {
      orders.set(order.outOrderNo, order);
      numbersByQueryId.set(order.queryId, order.outOrderNo);
    },
  };
}

/** A new order. An order without user confirmation is accepted immediately. */
export function newOrder(request: CreateRequest, personalData: PersonalData, nowMs: number): Order {
  const order: Order = {
    outOrderNo: request.outOrderNo,
    orderId: `1000000000${randomDigits(14)}`,
    queryId: opaque(32),
    state: 'CREATED',
    createdAtMs: nowMs,
    ticketSecret: opaque(48),
    succeeded: {},
    launchPackage: opaque(96),
    wire: request.wire,
    personalData,
  };
  return request.needUserConfirm
    ? order
    : { ...order, state: 'USER_ACCEPTED', acceptedAtMs: nowMs };
}

/**
 * The order in its next state, with the values that the state adds; undefined if the transition
 * does not exist.
 */
export function step(order: Order, to: OrderState, nowMs: number): Order | undefined {
  if (!mayBecome(order.state, to)) {
    return undefined;
  }
  const moved = { ...order, state: to };
  switch (to) {
    case 'USER_ACCEPTED':
      return { ...moved, acceptedAtMs: nowMs };
    case 'USER_PAID': {
      const day = beijingDigits(nowMs).slice(0, 8);
      return { ...moved, paidAtMs: nowMs, transactionId: `4200${day}${randomDigits(16)}` };
    }
    default:
      return moved;
  }
}

/** When the service starts: OnAccept is the time of acceptance, once there is one. */
export function startTimeOf(order: Order): string | undefined {
  const start = textOf(order.wire, 'service_start_time');
  return start === 'OnAccept' && order.acceptedAtMs !== undefined
    ? beijingDigits(order.acceptedAtMs)
    : start;
}

/** Whether a repeated create has the same parameters; see the rule `reencryptedFieldsDiffer`. */
export function sameParameters(
  order: Order,
  wire: JsonObject,
  personalData: PersonalData,
  compareCiphertexts: boolean,
): boolean {
  if (compareCiphertexts) {
    return isDeepStrictEqual(order.wire, wire);
  }
  return (
    isDeepStrictEqual(withoutSensitive(order.wire), withoutSensitive(wire)) &&
    isDeepStrictEqual(order.personalData, personalData)
  );
}

function withoutSensitive(wire: JsonObject): JsonObject {
  const sensitive: readonly string[] = SENSITIVE_FIELDS;
  return Object.fromEntries(Object.entries(wire).filter(([field]) => !sensitive.includes(field)));
}
