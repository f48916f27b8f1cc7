import { type Kysely, type RawBuilder, sql } from 'kysely';
import { ORDER_PRODUCTS, type OrderProduct } from '../../domain/order-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { Tx } from '../database/group-commit.ts';
import type { EventRow, Tables } from '../database/tables.ts';
import type { LoggedEvent, Observation } from '../records.ts';
import type { ReadContext } from './context.ts';
import { compiledQuery, OPEN, orderEvent, type Params } from './rows.ts';

/** A part of the event log. */
export interface EventsAfter {
  readonly cursor: number;
  /** Only events that are visible, now or once their order's create is settled. */
  readonly visibility?: Visibility;
  /** Only events of orders of this product. */
  readonly product?: OrderProduct | undefined;
  /** Only events of orders with this number. */
  readonly outOrderNo?: string | null;
  readonly limit: number;
}

/**
 * The log after a cursor, oldest first. A shopper's part of it is found by an index, however long the
 * log is.
 */
export async function eventsAfter(
  { db }: ReadContext,
  { visibility, ...part }: EventsAfter,
): Promise<readonly LoggedEvent[]> {
  if (visibility?.kind === 'none') {
    return [];
  }
  const rows =
    visibility?.kind === 'own'
      ? await ownLog(db, part, visibility.owner).execute()
      : await wholeLog(db, part);
  return rows.map((row) => ({ ...orderEvent(row), owner: row.owner, claimant: row.claimant }));
}

/** A part of the log, or where its values go in a compiled statement. */
interface Part extends Pick<EventsAfter, 'product' | 'outOrderNo'> {
  readonly cursor: number | RawBuilder<number>;
  readonly limit: number | RawBuilder<number>;
}

function wholeLog(db: Kysely<Tables>, { cursor, limit, ...filter }: EventsAfter) {
  const isFiltered = Boolean(filter.product ?? filter.outOrderNo);
  return isFiltered
    ? logAfter(db, { cursor, limit, ...filter }).execute()
    : unfilteredLog(db, { cursor, limit });
}

/** What every instance reads after each commit. */
const unfilteredLog = compiledQuery((db, part: Params<Pick<EventsAfter, 'cursor' | 'limit'>>) =>
  logAfter(db, part),
);

/**
 * One statement: between two, an event might get its owner, and be in neither part. Each part is
 * found by an index of its own.
 */
function ownLog(db: Kysely<Tables>, part: Part, owner: string) {
  const own = partAfter(db, part)
    .where('events.owner', '=', owner)
    .select(sql<string | null>`null`.as('claimant'));
  const claimed = claimedAfter(db, part, owner).select('intents.owner as claimant');
  return db
    .selectFrom(own.as('own'))
    .selectAll()
    .unionAll(db.selectFrom(claimed.as('claimed')).selectAll())
    .orderBy('id')
    .limit(part.limit);
}

/** The events of all owners, each with the owner of an open create if its own is not known. */
function logAfter(db: Kysely<Tables>, part: Part) {
  return partAfter(db, part).select((select) =>
    select
      .selectFrom('intents')
      .select('intents.owner')
      .whereRef('intents.out_order_no', '=', 'events.out_order_no')
      .whereRef('intents.product', '=', 'events.product')
      .where('intents.operation', '=', 'create')
      .where('intents.out_refund_no', 'is', null)
      .where('intents.status', '=', OPEN)
      .where('events.owner', 'is', null)
      .limit(1)
      .as('claimant'),
  );
}

function partAfter(db: Kysely<Tables>, { cursor, product, outOrderNo, limit }: Part) {
  let query = db
    .selectFrom('events')
    .selectAll('events')
    .where('events.id', '>', cursor)
    .orderBy('events.id')
    .limit(limit);
  if (typeof product === 'string') {
    query = query.where('events.product', '=', product);
  }
  if (typeof outOrderNo === 'string') {
    // With its values listed, the index of an order serves a number without a product.
    query = query
      .where('events.product', 'in', ORDER_PRODUCTS)
      .where('events.out_order_no', '=', outOrderNo);
  }
  return query;
}

/** The events of orders without an owner whose open create is the owner's: few, and found by it. */
function claimedAfter(db: Kysely<Tables>, part: Part, owner: string) {
  return partAfter(db, part)
    .innerJoin('intents', (join) =>
      join
        .onRef('intents.out_order_no', '=', 'events.out_order_no')
        .onRef('intents.product', '=', 'events.product'),
    )
    .where('events.owner', 'is', null)
    .where('intents.operation', '=', 'create')
    .where('intents.owner', '=', owner)
    .where('intents.status', '=', OPEN);
}

/** The cursor of the newest event; 0 if there is none. */
export async function newestEventId({ db }: ReadContext): Promise<number> {
  const newest = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  return newest?.id ?? 0;
}

/** The newest recorded status of an order that this server knows; every order begins as CREATED. */
export async function lastKnownStatus(
  db: Kysely<Tables>,
  product: OrderProduct,
  outOrderNo: string,
): Promise<EventRow['status']> {
  const event = await db
    .selectFrom('events')
    .select('status')
    .where('product', '=', product)
    .where('out_order_no', '=', outOrderNo)
    .where('status', '!=', 'UNKNOWN')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return event?.status ?? 'CREATED';
}

/** An event, but for its cursor and what the observation that caused it says. */
type NewEvent = Pick<
  EventRow,
  | ('type' | 'status' | 'previous_status' | 'owner')
  | ('state_raw' | 'state_description_raw' | 'collection_state_raw')
>;

/** Within a write. Returns the cursor. */
export async function appendEvent(
  tx: Tx,
  event: NewEvent,
  { product, outOrderNo, source, occurredAt }: Observation,
  now: number,
): Promise<number | null> {
  const [appended] = await insertEvent(tx, {
    ...event,
    product,
    out_order_no: outOrderNo,
    out_refund_no: null,
    source,
    occurred_at: occurredAt,
    received_at: now,
  });
  return appended?.id ?? null;
}

/**
 * Writers come one after the other, so that the next cursor is the highest one and 1, and at least the
 * time: if the newest events are lost, by a restored backup or a failover, no later event gets the
 * cursor of one of them.
 */
const insertEvent = compiledQuery((db, event: Params<Omit<EventRow, 'id'>>) =>
  db
    .insertInto('events')
    .values(({ selectFrom }) => ({
      ...event,
      id: selectFrom('events').select(({ eb, fn, lit }) => {
        const last = fn.coalesce(fn.max('id'), lit(0));
        return eb
          .case()
          .when(last, '<', event.received_at)
          .then(event.received_at)
          .else(eb(last, '+', lit(1)))
          .end()
          .as('next');
      }),
    }))
    .returning('id'),
);
