import type {
  OrderProduct,
  OrderState,
  OrderStatus,
  PayAfterState,
} from '../domain/order-state.ts';

/** The merchant's number belongs to a product: the same one under the other is another order. */
export interface OrderKey {
  readonly product: OrderProduct;
  readonly outOrderNo: string;
}

/** Times are Unix ms; amounts are in fen. */
export interface OrderRecord extends OrderKey {
  readonly appid: string;
  readonly serviceId: string;
  readonly status: OrderStatus;
  /** The same, as the state of a pay-after order. */
  readonly state: PayAfterState;
  /** The state as WeChat Pay returned it. */
  readonly stateRaw: string;
  /** Keyed hash of the user's openid; null if it is not known. */
  readonly owner: string | null;
  readonly createdAt: number;
  readonly statusSince: number;
  readonly observedAt: number;
  readonly lastEventId: number | null;
}

/**
 * An order as this server shows what it has recorded. While only the create of an order is known, and
 * may have taken effect, the status is UNKNOWN and there is no state.
 */
export interface RecordedOrder extends Omit<OrderRecord, 'state' | 'stateRaw'> {
  readonly stateRaw: string | null;
  readonly stateDescriptionRaw: string | null;
  readonly collectionStateRaw: string | null;
  readonly serviceIntroduction: string | null;
  readonly riskAmount: number | null;
  readonly totalAmount: number | null;
  readonly paidAmount: number | null;
  /** As the create sent them. */
  readonly plannedStartTime: string | null;
  readonly plannedEndTime: string | null;
  /** Null also if it cannot be decrypted. */
  readonly plannedStartLocation: string | null;
  readonly plannedEndLocation: string | null;
  /** Of its payments through WeChat Pay. */
  readonly transactionIds: readonly string[];
}

export interface OrderEvent extends OrderKey {
  /** The cursor: strictly increasing in the order of commits. */
  readonly id: number;
  readonly type: EventType;
  readonly status: OrderStatus;
  readonly previousStatus: OrderStatus | null;
  /** The same, as the states of a pay-after order. */
  readonly state: PayAfterState;
  /** The state of a service order has up to three words. */
  readonly stateRaw: string;
  readonly stateDescriptionRaw: string | null;
  readonly collectionStateRaw: string | null;
  readonly previousState: PayAfterState | null;
  readonly source: EventSource;
  readonly occurredAt: number;
  readonly receivedAt: number;
}

/** What an event reports; the status is the order's, in refund events too. */
export type EventType =
  | 'STATUS_CHANGED'
  | 'AMOUNT_MODIFIED'
  | 'REFUND_CREATED'
  | 'REFUND_PROCESSING'
  | 'REFUND_SUCCEEDED'
  | 'REFUND_CLOSED'
  | 'REFUND_ABNORMAL';

/** An event with what determines its owner, at the time of reading. */
export interface LoggedEvent extends OrderEvent {
  /** The owner of its order; null if it is not known, or not yet. */
  readonly owner: string | null;
  /** If the owner is not known: the owner of the open create with this number. */
  readonly claimant: string | null;
}

export type EventSource = 'NOTIFICATION' | 'QUERY' | 'MUTATION' | 'RECONCILER';

/** A write to an order; `modify` and `collect` are of service orders only. */
export type Operation = 'create' | 'complete' | 'modify' | 'cancel' | 'collect' | 'sync';

/** UNCONFIRMED: sent, and its outcome is not known yet. */
export type RefundStatus =
  | 'UNCONFIRMED'
  | 'PROCESSING'
  | 'SUCCESS'
  | 'CLOSED'
  | 'ABNORMAL'
  | 'UNKNOWN';

/**
 * `open`: it may have taken effect. `refused`: it has certainly not. `absent`: a later query did
 * not find it; the number may be used again, and the same input still sends the same bytes.
 */
export type IntentStatus = 'open' | 'done' | 'refused' | 'absent';

/** How the last call of a write ended, or what a later query has shown of it. */
export type IntentOutcome = 'took-effect' | 'refused' | 'not-accepted' | 'unknown' | 'not-found';

/** How one call of a write ended; nothing of the caller's values. */
export interface WriteResult {
  readonly outcome: Exclude<IntentOutcome, 'not-found'>;
  /** Requests that were sent. */
  readonly attempts: number;
  /** The kind of the failure, such as TIMEOUT or CIRCUIT_OPEN; null after success. */
  readonly reason: string | null;
  /** Of the last answer; null if there was none. */
  readonly httpStatus: number | null;
  readonly wechatCode: string | null;
  readonly wechatMessage: string | null;
  readonly wechatRequestId: string | null;
}

/** A stored write to WeChat Pay. */
export interface Intent extends OrderKey {
  readonly id: string;
  readonly operation: Operation;
  readonly appid: string;
  readonly serviceId: string;
  readonly owner: string | null;
  readonly status: IntentStatus;
  readonly createdAt: number;
  /** When a call last acquired it to send it, or when that call ended with an unknown outcome. */
  readonly sentAt: number;
  /** Changes with each call that acquires or finishes it. */
  readonly lease: number;
  /** The bytes as they were sent; null if they cannot be decrypted. */
  readonly body: Uint8Array | null;
}

export type NotificationOutcome = 'applied' | 'nothing-new' | 'suspicious' | 'kept';

/**
 * What a notification, a query, the answer to a write, or the reconciler has shown of an order, of
 * whichever product.
 */
export interface Observation extends OrderKey, OrderState {
  readonly appid: string;
  readonly serviceId: string;
  /** Of a service order; null if there is no collection, or the response leaves it out. */
  readonly collectionStateRaw?: string | null;
  readonly source: EventSource;
  /** Unix ms: of the change itself if WeChat Pay says it, otherwise of the observation. */
  readonly occurredAt: number;
  readonly riskAmount?: number | null;
  readonly totalAmount?: number | null;
  readonly paidAmount?: number | null;
  readonly serviceIntroduction?: string | null;
  /** Times and places as the create sends them; null where they may be the real ones. */
  readonly planned?: PlannedService | null;
  /** Payments through WeChat Pay. */
  readonly payments?: readonly ObservedPayment[];
  /** Of the create that made the order: keyed hash of the openid that it names. */
  readonly owner?: string | null;
  /** Keyed hash of the openid that the order shows; the owner, unless a create names another one. */
  readonly user?: string | null;
}

export interface PlannedService {
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly startLocation: string | null;
  readonly endLocation: string | null;
}

interface ObservedPayment {
  readonly transactionId: string;
  readonly amount: number | null;
}

/** What recording an observation changed. */
export type Observed =
  | { readonly outcome: 'applied' | 'nothing-new' }
  | { readonly outcome: 'suspicious'; readonly reason: string };
