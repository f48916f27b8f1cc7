import type { EventRow, OrderRow } from '../../src/ledger/database/tables.ts';
import { orderEvent } from '../../src/ledger/jobs/rows.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Observation, Observed } from '../../src/ledger/observation.ts';
import type { LoggedEvent } from '../../src/ledger/records.ts';
import type { Notification, PayAfterOrder } from '../../src/wechat/index.ts';
import type { TestLedger } from './ledger.ts';

export const MCHID = '1900000001';
const APPID = 'wx0000000000000001';
const SERVICE_ID = '500001';

function observation(changes: Partial<Observation> = {}): Observation {
  return {
    outOrderNo: 'N1',
    appid: APPID,
    serviceId: SERVICE_ID,
    state: 'CREATED',
    source: 'QUERY',
    occurredAt: 1,
    ...changes,
  };
}

/** An order as WeChat shows it. */
export function shownOrder(changes: Partial<PayAfterOrder> = {}): PayAfterOrder {
  return {
    appid: APPID,
    mchid: MCHID,
    outOrderNo: 'N1',
    serviceId: SERVICE_ID,
    state: 'CREATED',
    finishType: null,
    serviceStartTime: null,
    serviceEndTime: null,
    realServiceStartTime: null,
    realServiceEndTime: null,
    paySuccTime: null,
    serviceStartLocation: null,
    serviceEndLocation: null,
    realServiceStartLocation: null,
    realServiceEndLocation: null,
    serviceIntroduction: null,
    fees: null,
    discounts: null,
    riskAmount: null,
    totalAmount: null,
    attach: null,
    finishTicket: null,
    finishTransactionId: null,
    payType: null,
    ...changes,
  };
}

export function orderNotification(id: string, order: Partial<PayAfterOrder>): Notification {
  const whole = shownOrder(order);
  const payload = JSON.stringify(whole);
  return { id, eventType: 'PAYSCORE.USER_ACCEPTED', payload, order: whole, service: null };
}

/** An event as the ledger gives it. */
export function loggedEvent(row: EventRow, whose: Partial<LoggedEvent> = {}): LoggedEvent {
  return { ...orderEvent(row), owner: null, claimant: null, ...whose };
}

/** A row of the event log. */
export function event(changes: Partial<EventRow> = {}): EventRow {
  return {
    id: 1,
    out_order_no: 'N1',
    state: 'CREATED',
    state_raw: 'CREATED',
    previous_state: null,
    source: 'QUERY',
    occurred_at: 1,
    received_at: 1,
    ...changes,
  };
}

/** Records one observation, as its own write. */
export function see(ledger: Ledger, changes: Partial<Observation> = {}): Promise<Observed> {
  return ledger.recordObservation(observation(changes));
}

export function eventsOf({ store }: Pick<TestLedger, 'store'>): Promise<EventRow[]> {
  return store.db.selectFrom('events').selectAll().orderBy('id').execute();
}

export async function orderOf(
  { store }: Pick<TestLedger, 'store'>,
  outOrderNo = 'N1',
): Promise<OrderRow> {
  const query = store.db.selectFrom('orders').selectAll();
  return await query.where('out_order_no', '=', outOrderNo).executeTakeFirstOrThrow();
}
