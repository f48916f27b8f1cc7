import { type Kysely, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { OrderProduct } from '../../domain/order-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { EventRow, Tables } from '../database/tables.ts';
import type { OrderEvent, OrderKey, RecordedOrder } from '../records.ts';
import type { ReadContext } from './context.ts';
import {
  isEmptySelection,
  openCreates,
  type RecordSelection,
  recordedOrders,
} from './record-filter.ts';
import { orderEvent, type RecordRow, recordedOrder } from './rows.ts';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether there are more where the page was cut off: after the first ones, before the last ones. */
  readonly hasMore: boolean;
}

export type RecordOrder = 'CREATED_DESC' | 'CREATED_ASC' | 'OBSERVED_DESC';

/** Where a page of orders begins or ends: at this one, without it. */
export interface OrderCursor extends OrderKey {
  /** Unix ms, of what the list is sorted by. */
  readonly at: number;
}

/** A page of orders: the first or the last ones between two cursors. */
export interface OrderQuery extends RecordSelection {
  readonly orderBy: RecordOrder;
  readonly from: 'first' | 'last';
  readonly size: number;
  readonly after: OrderCursor | null;
  readonly before: OrderCursor | null;
}

/** A page of the events of one order. */
export interface OrderEventQuery extends OrderKey {
  readonly first: number;
  /** The cursor of the last event of the page before; 0 for the first page. */
  readonly after: number;
}

/** The recorded orders, and those of which only a create is known that may have taken effect. */
export async function listOrders(
  context: ReadContext,
  { visibility, filter, ...page }: OrderQuery,
): Promise<Page<RecordedOrder>> {
  const selection = { visibility, filter };
  if (isEmptySelection(selection)) {
    return { rows: [], hasMore: false };
  }
  const { orderBy, from, size } = page;
  const column = orderBy === 'OBSERVED_DESC' ? 'observed_at' : 'created_at';
  const direction = (orderBy === 'CREATED_ASC') === (from === 'first') ? 'asc' : 'desc';
  const { db } = context;
  let recorded = recordedOrders(db, selection)
    .select(RECORD_COLUMNS)
    .$castTo<RecordRow>()
    .orderBy(column, direction)
    .orderBy('out_order_no', direction)
    .orderBy('product', direction)
    .limit(size + 1);
  for (const bound of boundsOf(page, column)) {
    recorded = recorded.where(bound);
  }
  let creates = openCreates(db, selection)
    ?.orderBy('created_at', direction)
    .orderBy('out_order_no', direction)
    .orderBy('product', direction)
    .limit(size + 1);
  for (const bound of boundsOf(page, 'created_at')) {
    creates = creates?.where(bound);
  }
  const created = creates && asRecords(creates);
  const all = created
    ? db
        .selectFrom(recorded.as('recorded'))
        .selectAll()
        .unionAll(db.selectFrom(created.as('creates')).selectAll())
        .orderBy(column, direction)
        .orderBy('out_order_no', direction)
        .orderBy('product', direction)
        .limit(size + 1)
    : recorded;
  const rows: readonly RecordRow[] = await all.execute();
  const kept = rows.slice(0, size);
  return {
    rows: await withPayments(context, from === 'first' ? kept : kept.reverse()),
    hasMore: rows.length > size,
  };
}

/** How many orders there are, or null if more than `most`. */
export async function countOrders(
  { db }: ReadContext,
  { most, ...selection }: RecordSelection & { readonly most: number },
): Promise<number | null> {
  if (isEmptySelection(selection)) {
    return 0;
  }
  const recorded = recordedOrders(db, selection)
    .select('product')
    .limit(most + 1);
  const creates = openCreates(db, selection)
    ?.select('product')
    .limit(most + 1);
  let count = await countRows(db, recorded);
  if (creates && count <= most) {
    count += await countRows(db, creates);
  }
  return count > most ? null : count;
}

async function countRows(
  db: Kysely<Tables>,
  rows: Pick<SelectQueryBuilder<Tables, 'orders', { product: OrderProduct }>, 'as'>,
): Promise<number> {
  const { count } = await db
    .selectFrom(rows.as('rows'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The visible orders with these keys, in their order; null for one that there is not. */
export async function findRecords(
  context: ReadContext,
  { visibility, keys }: { readonly visibility: Visibility; readonly keys: readonly OrderKey[] },
): Promise<readonly (RecordedOrder | null)[]> {
  const selection = { visibility, filter: {} };
  if (isEmptySelection(selection)) {
    return keys.map(() => null);
  }
  const { db } = context;
  const products = keys.map(({ product }) => product);
  const numbers = keys.map(({ outOrderNo }) => outOrderNo);
  const recorded: readonly RecordRow[] = await recordedOrders(db, selection)
    .select(RECORD_COLUMNS)
    .where('product', 'in', products)
    .where('out_order_no', 'in', numbers)
    .execute();
  const creates = openCreates(db, selection)?.where('out_order_no', 'in', numbers);
  const seen = new Set(
    recorded.map(({ product, out_order_no: outOrderNo }) => keyOf({ product, outOrderNo })),
  );
  const isMissing = keys.some((key) => !seen.has(keyOf(key)));
  const created = creates && isMissing ? await asRecords(creates).execute() : [];
  const found = await withPayments(context, [...recorded, ...created]);
  const byKey = new Map(found.map((record) => [keyOf(record), record]));
  return keys.map((key) => byKey.get(keyOf(key)) ?? null);
}

const RECORD_COLUMNS = [
  'product',
  'out_order_no',
  'appid',
  'service_id',
  'status',
  'state_raw',
  'state_description_raw',
  'collection_state_raw',
  'owner',
  'service_introduction',
  'risk_amount',
  'total_amount',
  'paid_amount',
  'planned_start_time',
  'planned_end_time',
  'planned_start_location',
  'planned_end_location',
  'created_at',
  'status_since',
  'observed_at',
  'last_event_id',
] as const satisfies readonly (keyof RecordRow)[];

/** What a create is known to have, under the names and in the order of the columns of an order. */
const OF_CREATE: Partial<Readonly<Record<keyof RecordRow, RawBuilder<unknown>>>> = {
  product: sql`product`,
  out_order_no: sql`out_order_no`,
  appid: sql`appid`,
  service_id: sql`service_id`,
  status: sql`cast('UNKNOWN' as text)`,
  owner: sql`owner`,
  created_at: sql`created_at`,
  status_since: sql`created_at`,
  observed_at: sql`created_at`,
  risk_amount: sql`cast(null as bigint)`,
  total_amount: sql`cast(null as bigint)`,
  paid_amount: sql`cast(null as bigint)`,
  last_event_id: sql`cast(null as bigint)`,
};

function asRecords(creates: NonNullable<ReturnType<typeof openCreates>>) {
  return creates
    .select(RECORD_COLUMNS.map((name) => (OF_CREATE[name] ?? sql`cast(null as text)`).as(name)))
    .$castTo<RecordRow>();
}

/** What lies between the cursors of a page. */
function boundsOf(
  { orderBy, after, before }: Pick<OrderQuery, 'orderBy' | 'after' | 'before'>,
  column: 'created_at' | 'observed_at',
): readonly RawBuilder<SqlBool>[] {
  const [later, earlier] = orderBy === 'CREATED_ASC' ? ['>', '<'] : ['<', '>'];
  const bound = (cursor: OrderCursor | null, sign = '<') =>
    cursor === null
      ? []
      : [
          sql<SqlBool>`(${sql.ref(column)}, out_order_no, product) ${sql.raw(sign)}
            (${cursor.at}, ${cursor.outOrderNo}, ${cursor.product})`,
        ];
  return [...bound(after, later), ...bound(before, earlier)];
}

async function withPayments(
  { db, encryption }: ReadContext,
  rows: readonly RecordRow[],
): Promise<readonly RecordedOrder[]> {
  const numbers = rows.filter(mayBePaid).map((row) => row.out_order_no);
  const payments =
    numbers.length === 0
      ? []
      : await db
          .selectFrom('payments')
          .select(['product', 'out_order_no as outOrderNo', 'transaction_id'])
          .where('out_order_no', 'in', numbers)
          .orderBy('recorded_at')
          .orderBy('transaction_id')
          .execute();
  const byKey = Map.groupBy(payments, keyOf);
  return rows.map((row) => {
    const own = byKey.get(keyOf({ product: row.product, outOrderNo: row.out_order_no })) ?? [];
    return recordedOrder(
      row,
      own.map((payment) => payment.transaction_id),
      encryption,
    );
  });
}

/** Of the others, which are most of a page, nothing is looked up. */
function mayBePaid({ status }: RecordRow): boolean {
  return status === 'PAID' || status === 'COMPLETED' || status === 'UNKNOWN';
}

function keyOf({ product, outOrderNo }: OrderKey): string {
  return `${product} ${outOrderNo}`;
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
    return { rows: own.slice(0, first).map(orderEvent), hasMore: own.length > first };
  });
}

/** PostgreSQL takes a value in a list for text, unless a cast says otherwise. */
function integer(value: number) {
  return sql`cast(${value} as bigint)`;
}

/** The visible event with this cursor; null if there is none. */
export async function findEvent(
  { db }: ReadContext,
  { visibility, id }: { readonly visibility: Visibility; readonly id: number },
): Promise<OrderEvent | null> {
  if (visibility.kind === 'none') {
    return null;
  }
  let query = db.selectFrom('events').selectAll().where('id', '=', id);
  if (visibility.kind === 'own') {
    query = query.where('owner', '=', visibility.owner);
  }
  const row = await query.executeTakeFirst();
  return row === undefined ? null : orderEvent(row);
}
