import type { PayAfterState } from '../../domain/pay-after-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { OrderEvent, OrderRecord } from '../records.ts';
import type { ReadContext } from './context.ts';
import { orderEvent, orderRecord } from './rows.ts';

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

/** A page of orders. */
export interface OrderQuery {
  readonly visibility: Visibility;
  readonly filter: RecordFilter;
  readonly first: number;
  readonly after: OrderCursor | null;
}

/** A page of the events of one order. */
export interface OrderEventQuery {
  readonly outOrderNo: string;
  readonly first: number;
  /** The cursor of the last event of the page before; 0 for the first page. */
  readonly after: number;
}

/** The recorded orders, newest first. */
export async function listOrders(
  { db }: ReadContext,
  { visibility, filter, first, after }: OrderQuery,
): Promise<Page<OrderRecord>> {
  const { states, serviceId, createdFrom, createdBefore } = filter;
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
  return { rows: rows.slice(0, first).map(orderRecord), hasNextPage: rows.length > first };
}

/** The events of one order, oldest first. */
export async function listEvents(
  { db }: ReadContext,
  { outOrderNo, first, after }: OrderEventQuery,
): Promise<Page<OrderEvent>> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('out_order_no', '=', outOrderNo)
    .where('id', '>', after)
    .orderBy('id')
    .limit(first + 1)
    .execute();
  return { rows: rows.slice(0, first).map(orderEvent), hasNextPage: rows.length > first };
}

/** Whether a visible event has this cursor. */
export async function eventExists(
  { db }: ReadContext,
  { visibility, id }: { readonly visibility: Visibility; readonly id: number },
): Promise<boolean> {
  let query = db.selectFrom('events').select('events.id').where('events.id', '=', id);
  if (visibility.kind === 'own') {
    query = query
      .innerJoin('orders', 'orders.out_order_no', 'events.out_order_no')
      .where('orders.owner', '=', visibility.owner);
  }
  return (await query.executeTakeFirst()) !== undefined;
}
