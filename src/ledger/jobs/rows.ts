import { type Compilable, type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { payAfterStateOf } from '../../domain/order-state.ts';
import type { EventRow, IntentRow, OrderRow, Tables } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import type { Intent, OrderEvent, OrderRecord, RecordedOrder } from '../records.ts';

/** A placeholder for each value while a statement is built. */
export type Params<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/**
 * A statement whose text is built once for each kind of database, because building it costs three
 * times as much as running it.
 * @param build is called once, with a placeholder for each name of the values; they have the same
 *   names each time
 */
export function compiledQuery<Values extends object, Row>(
  build: (db: Kysely<Tables>, places: Params<Values>) => Compilable<Row>,
): (db: Kysely<Tables>, values: Values) => Promise<readonly Row[]> {
  const built = new WeakMap<object, CompiledQuery<Row>>();
  const buildOnce = (db: Kysely<Tables>, values: Values) => {
    // The same for every connection to this kind of database, and for its transactions.
    const kind = db.getExecutor().adapter.constructor;
    const known = built.get(kind);
    if (known !== undefined) {
      return known;
    }
    const query = build(db, paramsFor(values)).compile();
    built.set(kind, query);
    return query;
  };
  return async (db, values) => {
    const query = buildOnce(db, values);
    const parameters = query.parameters.map((parameter): unknown =>
      parameter instanceof Param ? Reflect.get(values, parameter.name) : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

/**
 * Statuses as literals, wherever a statement looks for intents by them. Intents have indexes of open
 * ones only: SQLite uses such an index only if it sees the status, and prepares a statement that
 * compares the status with a parameter anew each time (four times the time of the outcome's update).
 */
export const OPEN = sql.lit('open' as const);
export const DONE = sql.lit('done' as const);

class Param {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function paramsFor<Values extends object>(values: Values): Params<Values> {
  const entries = Object.keys(values).map((name) => [name, sql`${new Param(name)}`]);
  const places: Params<Values> = Object.fromEntries(entries);
  return places;
}

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

/** The columns of an order that are shown; there is no state while only its create is known. */
export type RecordRow = Omit<OrderRow, 'state_raw' | 'conflict_at' | 'check_at'> & {
  readonly state_raw: string | null;
};

export function recordedOrder(
  row: RecordRow,
  transactionIds: readonly string[],
  encryption: Encryption,
): RecordedOrder {
  return {
    product: row.product,
    outOrderNo: row.out_order_no,
    appid: row.appid,
    serviceId: row.service_id,
    status: row.status,
    stateRaw: row.state_raw,
    stateDescriptionRaw: row.state_description_raw,
    collectionStateRaw: row.collection_state_raw,
    owner: row.owner,
    serviceIntroduction: row.service_introduction,
    riskAmount: row.risk_amount,
    totalAmount: row.total_amount,
    paidAmount: row.paid_amount,
    plannedStartTime: row.planned_start_time,
    plannedEndTime: row.planned_end_time,
    plannedStartLocation: readableLocation(row.planned_start_location, encryption),
    plannedEndLocation: readableLocation(row.planned_end_location, encryption),
    transactionIds,
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
    stateDescriptionRaw: row.state_description_raw,
    collectionStateRaw: row.collection_state_raw,
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

function readableLocation(sealed: string | null, encryption: Encryption): string | null {
  try {
    return sealed && encryption.decrypt(sealed, LOCATION).toString();
  } catch {
    return null;
  }
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
