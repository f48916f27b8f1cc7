import type { Kysely } from 'kysely';
import type { PayAfterState } from '../../domain/pay-after-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { EventRow, OrderRow, Tables } from '../../ledger/database/tables.ts';

export interface RecordFilter {
  readonly states?: readonly PayAfterState[] | null | undefined;
  readonly serviceId?: string | null | undefined;
  /** Unix ms, inclusive. */
  readonly createdFrom?: number | null | undefined;
  /** Unix ms, exclusive. */
  readonly createdBefore?: number | null | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
}

/** Where a page of orders begins: after this one. */
export interface OrderCursor {
  readonly createdAt: number;
  readonly outOrderNo: string;
}

/** The recorded orders, newest first. */
export async function listOrders(
  db: Kysely<Tables>,
  visibility: Visibility,
  { states, serviceId, createdFrom, createdBefore }: RecordFilter,
  first: number,
  after: OrderCursor | null,
): Promise<Page<OrderRow>> {
  if (states?.length === 0) {
    return { rows: [], hasNextPage: false };
  }
  let query = db.selectFrom('orders').selectAll();
  if (visibility.kind === 'own') {
    query = query.where('owner', '=', visibility.owner);
  }
  if (states) {
    query = query.where('state', 'in', states);
  }
  if (typeof serviceId === 'string') {
    query = query.where('service_id', '=', serviceId);
  }
  if (typeof createdFrom === 'number') {
    query = query.where('created_at', '>=', createdFrom);
  }
  if (typeof createdBefore === 'number') {
    query = query.where('created_at', '<', createdBefore);
  }
  if (after !== null) {
    query = query.where((where) =>
      where.or([
        where('created_at', '<', after.createdAt),
        where.and([
          where('created_at', '=', after.createdAt),
          where('out_order_no', '<', after.outOrderNo),
        ]),
      ]),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('out_order_no', 'desc')
    .limit(first + 1)
    .execute();
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

/** The events of one order, oldest first. */
export async function listEvents(
  db: Kysely<Tables>,
  outOrderNo: string,
  first: number,
  after: number,
): Promise<Page<EventRow>> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('out_order_no', '=', outOrderNo)
    .where('id', '>', after)
    .orderBy('id')
    .limit(first + 1)
    .execute();
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

/** Whether an event within reach has this cursor. */
export async function eventExists(
  db: Kysely<Tables>,
  visibility: Visibility,
  id: number,
): Promise<boolean> {
  let query = db.selectFrom('events').select('events.id').where('events.id', '=', id);
  if (visibility.kind === 'own') {
    query = query
      .innerJoin('orders', 'orders.out_order_no', 'events.out_order_no')
      .where('orders.owner', '=', visibility.owner);
  }
  return (await query.executeTakeFirst()) !== undefined;
}
