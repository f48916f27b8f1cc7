import type { PayAfterState } from '../../domain/pay-after-state.ts';
import type { EventSource, IntentStatus, NotificationOutcome, Operation } from '../records.ts';

/** Times are Unix ms; amounts fen. Nothing personal stands here in the clear. */
export interface Tables {
  readonly orders: OrderRow;
  readonly intents: IntentRow;
  readonly events: EventRow;
  readonly notices: NoticeRow;
  readonly data_key: DataKeyRow;
}

export interface OrderRow {
  readonly out_order_no: string;
  readonly appid: string;
  readonly service_id: string;
  readonly state: PayAfterState;
  /** WeChat's own word. */
  readonly state_raw: string;
  /** Keyed hash of the user's openid; null where it is not known. */
  readonly owner: string | null;
  readonly risk_amount: number | null;
  readonly total_amount: number | null;
  readonly created_at: number;
  readonly state_since: number;
  readonly observed_at: number;
  readonly last_event_id: number | null;
  /** When the reconciler should look next; null: never again. */
  readonly check_at: number | null;
}

export interface IntentRow {
  readonly id: string;
  readonly operation: Operation;
  readonly out_order_no: string;
  readonly appid: string;
  readonly service_id: string;
  readonly digest: string;
  readonly target: string;
  /** The exact bytes that go to WeChat, sealed. */
  readonly body: string;
  /** The key of WeChat's that the bytes were encrypted for. */
  readonly platform_serial: string;
  readonly owner: string | null;
  readonly status: IntentStatus;
  readonly created_at: number;
  /** When a call last took it up to send it. */
  readonly sent_at: number;
  readonly settled_at: number | null;
  readonly check_at: number | null;
}

export interface EventRow {
  /** The cursor: strictly increasing in the order of commits. */
  readonly id: number;
  readonly out_order_no: string;
  readonly state: PayAfterState;
  readonly state_raw: string;
  readonly previous_state: PayAfterState | null;
  readonly source: EventSource;
  readonly occurred_at: number;
  readonly received_at: number;
}

/** At most one row. */
interface DataKeyRow {
  /** A known word, sealed under the data key of this database. */
  readonly sealed: string;
}

interface NoticeRow {
  readonly id: string;
  readonly event_type: string;
  readonly out_order_no: string | null;
  readonly outcome: NotificationOutcome;
  readonly reason: string | null;
  /** The decrypted payload, sealed under the data key. */
  readonly payload: string;
  readonly received_at: number;
}
