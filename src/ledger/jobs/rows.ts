import { payAfterStateOf } from '../../domain/order-status.ts';
import type { EventRow, IntentRow, OrderRow } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Intent, OrderEvent, OrderRecord } from '../records.ts';

const BODY = 'intent body';
const LOCATION = 'planned location';

export function orderRecord(row: OrderRow): OrderRecord {
  return {
    product: row.product,
    outOrderNo: row.out_order_no,
    appid: row.appid,
    serviceId: row.service_id,
    status: row.status,
    state: payAfterStateOf(row.status),
    stateRaw: row.state_raw,
    owner: row.owner,
    createdAt: row.created_at,
    statusSince: row.status_since,
    observedAt: row.observed_at,
    lastEventId: row.last_event_id,
  };
}

export function orderEvent(row: EventRow): OrderEvent {
  return {
    id: row.id,
    type: row.type,
    product: row.product,
    outOrderNo: row.out_order_no,
    status: row.status,
    previousStatus: row.previous_status,
    state: payAfterStateOf(row.status),
    stateRaw: row.state_raw,
    previousState: row.previous_status && payAfterStateOf(row.previous_status),
    source: row.source,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
  };
}

export function intent(row: IntentRow, encryption: Encryption): Intent {
  return {
    id: row.id,
    operation: row.operation,
    product: row.product,
    outOrderNo: row.out_order_no,
    appid: row.appid,
    serviceId: row.service_id,
    owner: row.owner,
    status: row.status,
    createdAt: row.created_at,
    sentAt: row.sent_at,
    lease: row.lease,
    body: readableBody(row, encryption),
  };
}

export function sealBody(body: Uint8Array, encryption: Encryption): string {
  return encryption.encrypt(body, BODY);
}

export function sealLocation(location: string | null, encryption: Encryption): string | null {
  return location && encryption.encrypt(location, LOCATION);
}

/** The bytes of an intent as they were sent, in a buffer of their own: a view is cloned as a whole. */
export function intentBody({ body }: Pick<IntentRow, 'body'>, encryption: Encryption): Uint8Array {
  return new Uint8Array(encryption.decrypt(body, BODY));
}

/** One row that cannot be decrypted must not keep the others from being claimed. */
function readableBody(row: IntentRow, encryption: Encryption): Uint8Array | null {
  try {
    return intentBody(row, encryption);
  } catch {
    return null;
  }
}
