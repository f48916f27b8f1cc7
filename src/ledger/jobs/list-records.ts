import { sql } from 'kysely';
import type { OrderProduct, OrderStatus } from '../../domain/order-status.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { EventRow } from '../database/tables.ts';
import type { OrderEvent, OrderKey, OrderRecord } from '../records.ts';
import type { ReadContext } from './context.ts';
import { orderEvent, orderRecord } from './rows.ts';

export interface RecordFilter {
  /** Left out: of both products. */
  readonly product?: OrderProduct | null | undefined;
  readonly statuses?: readonly OrderStatus[] | null | undefined;
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
export interface OrderEventQuery extends OrderKey {
  readonly first: number;
  /** The cursor of the last event of the page before; 0 for the first page. */
  readonly after: number;
}

/** The recorded orders, newest first. */
export async function listOrders(
  { db }: ReadContext,
  { visibility, filter, first, after }: OrderQuery,
): Promise<Page<OrderRecord>> {
  const { product, statuses, serviceId, createdFrom, createdBefore } = filter;
  if (statuses?.length === 0 || visibility.kind === 'none') {
    return { rows: [], hasNextPage: false };
  }
  let query = db.selectFrom('orders').selectAll();
  if (visibility.kind === 'own') {
    query = query.where('owner', '=', visibility.owner);
  }
  if (typeof product === 'string') {
    query = query.where('product', '=', product);
  }
  if (statuses) {
    query = query.where('status', 'in', statuses);
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

/** The events of orders, oldest first: a page for each query, all of them in one statement. */
export async function listEvents(
  { db }: ReadContext,
  queries: readonly OrderEventQuery[],
): Promise<readonly Page<OrderEvent>[]> {
  const values = queries.map(
    ({ product, outOrderNo, first, after }, page) =>
      sql`(${integer(page)}, cast(${product} as text), cast(${outOrderNo} as text),
        ${integer(first)}, ${integer(after)})`,
  );
  const { rows } = await sql<EventRow & { readonly page: number }>`
    with wanted (page, product, number, size, after) as (values ${sql.join(values)}),
    numbered as (
      select wanted.page, wanted.size, events.*,
        row_number() over (partition by wanted.page order by events.id) as position
      from wanted
      join events on events.product = wanted.product
        and events.out_order_no = wanted.number and events.id > wanted.after
    )
    select * from numbered where position <= size + 1 order by page, id`.execute(db);
  const byPage = Map.groupBy(rows, ({ page }) => page);
  return queries.map(({ first }, page) => {
    const own = byPage.get(page) ?? [];
    return { rows: own.slice(0, first).map(orderEvent), hasNextPage: own.length > first };
  });
}

/** PostgreSQL takes a value in a list for text, unless told otherwise. */
function integer(value: number) {
  return sql`cast(${value} as bigint)`;
}

/** Whether a visible event has this cursor. */
export async function eventExists(
  { db }: ReadContext,
  { visibility, id }: { readonly visibility: Visibility; readonly id: number },
): Promise<boolean> {
  if (visibility.kind === 'none') {
    return false;
  }
  let query = db.selectFrom('events').select('id').where('id', '=', id);
  if (visibility.kind === 'own') {
    query = query.where('owner', '=', visibility.owner);
  }
  return (await query.executeTakeFirst()) !== undefined;
}
