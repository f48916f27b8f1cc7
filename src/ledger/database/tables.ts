import type { OrderProduct, OrderStatus } from '../../domain/order-state.ts';
import type {
  EventSource,
  EventType,
  IntentOutcome,
  IntentStatus,
  NotificationOutcome,
  Operation,
  RefundStatus,
} from '../records.ts';

/** Times are Unix ms; amounts fen. No personal data is stored unencrypted. */
export interface Tables {
  readonly orders: OrderRow;
  readonly payments: PaymentRow;
  readonly refunds: RefundRow;
  readonly intents: IntentRow;
  readonly events: EventRow;
  readonly notifications: NotificationRow;
  readonly data_key: DataKeyRow;
}

/** Product and out_order_no are the key. */
export interface OrderRow {
  readonly product: OrderProduct;
  readonly out_order_no: string;
  readonly appid: string;
  readonly service_id: string;
  readonly status: OrderStatus;
  /** The state as WeChat Pay names it. */
  readonly state_raw: string;
  readonly state_description_raw: string | null;
  readonly collection_state_raw: string | null;
  /** Keyed hash of the user's openid; null if it is not known. */
  readonly owner: string | null;
  readonly service_introduction: string | null;
  readonly risk_amount: number | null;
  readonly total_amount: number | null;
  readonly paid_amount: number | null;
  /** As the create sent them: WeChat Pay overwrites those of a service order when it is completed. */
  readonly planned_start_time: string | null;
  readonly planned_end_time: string | null;
  /** Encrypted, because with the times the places reveal where a user was. */
  readonly planned_start_location: string | null;
  readonly planned_end_location: string | null;
  readonly created_at: number;
  readonly status_since: number;
  readonly observed_at: number;
  /** When a notification or an answer last contradicted the record. */
  readonly conflict_at: number | null;
  readonly last_event_id: number | null;
  /** When the reconciler queries it next; null: never again. */
  readonly check_at: number | null;
}

/** A payment of an order through WeChat Pay, which can be refunded. */
interface PaymentRow {
  readonly transaction_id: string;
  readonly product: OrderProduct;
  readonly out_order_no: string;
  readonly amount: number | null;
  readonly recorded_at: number;
}

/** A refund; its write to WeChat Pay is an intent with the same out_refund_no. */
interface RefundRow {
  readonly out_refund_no: string;
  /** WeChat Pay's own number. */
  readonly refund_id: string | null;
  /** Null if the order of the payment is not recorded here. */
  readonly product: OrderProduct | null;
  readonly out_order_no: string | null;
  readonly transaction_id: string;
  readonly owner: string | null;
  readonly status: RefundStatus;
  readonly status_raw: string | null;
  readonly amount: number;
  /** Of the payment. */
  readonly total_amount: number | null;
  readonly channel: string | null;
  readonly create_time: number | null;
  readonly success_time: number | null;
  readonly created_at: number;
  readonly status_since: number;
  readonly observed_at: number;
  readonly last_event_id: number | null;
  readonly check_at: number | null;
}

/** A write to WeChat Pay. */
export interface IntentRow {
  readonly id: string;
  readonly operation: Operation;
  readonly product: OrderProduct;
  readonly out_order_no: string;
  readonly out_refund_no: string | null;
  readonly appid: string;
  readonly service_id: string;
  readonly digest: string;
  readonly target: string;
  /** The exact bytes that are sent to WeChat Pay, encrypted. */
  readonly body: string;
  /** The key of WeChat Pay that the bytes were encrypted for. */
  readonly platform_serial: string;
  readonly owner: string | null;
  readonly status: IntentStatus;
  /** Counts who has acquired or finished it: only the last one may change it. */
  readonly lease: number;
  readonly created_at: number;
  /** When a call last acquired it to send it, or when that call ended with an unknown outcome. */
  readonly sent_at: number;
  readonly finished_at: number | null;
  readonly check_at: number | null;
  /** Of the call that sent it last: the API key or the token's client, never a user. */
  readonly client: string | null;
  readonly request_id: string | null;
  /** All requests sent for it, in the calls that have ended; 0 for one that was recorded by 0.1. */
  readonly attempts: number;
  /** Of the call that sent it last, or of the query that resolved it; null while it is under way. */
  readonly outcome: IntentOutcome | null;
  readonly reason: string | null;
  readonly wechat_code: string | null;
  readonly wechat_message: string | null;
  readonly http_status: number | null;
  readonly wechat_request_id: string | null;
}

export interface EventRow {
  /** The cursor: strictly increasing in the order of commits. */
  readonly id: number;
  readonly type: EventType;
  readonly product: OrderProduct;
  readonly out_order_no: string;
  readonly out_refund_no: string | null;
  /** Of the order, in refund events too. */
  readonly status: OrderStatus;
  readonly previous_status: OrderStatus | null;
  readonly state_raw: string;
  readonly state_description_raw: string | null;
  readonly collection_state_raw: string | null;
  readonly source: EventSource;
  /** The owner of the order, always the same as there. */
  readonly owner: string | null;
  readonly occurred_at: number;
  readonly received_at: number;
}

/** At most one row. */
interface DataKeyRow {
  /** A known text, encrypted with the data key of this database. */
  readonly sealed: string;
}

interface NotificationRow {
  readonly id: string;
  readonly event_type: string;
  /** Null if it is not about an order. */
  readonly product: OrderProduct | null;
  readonly out_order_no: string | null;
  readonly out_refund_no: string | null;
  readonly outcome: NotificationOutcome;
  readonly reason: string | null;
  /** The decrypted payload, encrypted under the data key. */
  readonly payload: string;
  readonly received_at: number;
}
