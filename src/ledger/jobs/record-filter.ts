import { type Kysely, PostgresAdapter, type RawBuilder, type SqlBool, sql } from 'kysely';
import { ORDER_PRODUCTS, type OrderProduct, type OrderStatus } from '../../domain/order-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { Tables } from '../database/tables.ts';
import { OPEN } from './rows.ts';

/** An omitted field matches every order. */
export interface RecordFilter {
  readonly product?: OrderProduct | null | undefined;
  readonly outOrderNo?: string | null | undefined;
  readonly outOrderNoPrefix?: string | null | undefined;
  readonly statuses?: readonly OrderStatus[] | null | undefined;
  readonly serviceId?: string | null | undefined;
  readonly transactionId?: string | null | undefined;
  /** Keyed hash of the user's openid. */
  readonly owner?: string | null | undefined;
  /** Unix ms, inclusive. */
  readonly createdFrom?: number | null | undefined;
  /** Unix ms, exclusive. */
  readonly createdBefore?: number | null | undefined;
  /** Whether the outcome of a write is not known. */
  readonly hasOpenWrite?: boolean | null | undefined;
  /** Whether something contradicts the record. */
  readonly hasConflict?: boolean | null | undefined;
}

export interface RecordSelection {
  readonly visibility: Visibility;
  readonly filter: RecordFilter;
}

/** Whether no order can match, so that nothing needs to be read. */
export function isEmptySelection({ visibility, filter }: RecordSelection): boolean {
  return visibility.kind === 'none' || filter.statuses?.length === 0;
}

/** The recorded orders of a selection. */
export function recordedOrders(db: Kysely<Tables>, selection: RecordSelection) {
  const { statuses, transactionId, hasOpenWrite, hasConflict } = selection.filter;
  let query = db.selectFrom('orders');
  for (const condition of conditionsOnBoth(db, selection)) {
    query = query.where(condition);
  }
  if (statuses) {
    query = query.where('status', 'in', statuses);
  }
  if (typeof transactionId === 'string') {
    query = query.where(
      sql<SqlBool>`(product, out_order_no) in
        (select product, out_order_no from payments where transaction_id = ${transactionId})`,
    );
  }
  if (typeof hasOpenWrite === 'boolean') {
    const open = sql`(select product, out_order_no from intents where status = 'open')`;
    query = query.where(
      hasOpenWrite
        ? sql<SqlBool>`(product, out_order_no) in ${open}`
        : sql<SqlBool>`(product, out_order_no) not in ${open}`,
    );
  }
  if (typeof hasConflict === 'boolean') {
    query = query.where('conflict_at', hasConflict ? 'is not' : 'is', null);
  }
  return query;
}

/**
 * The creates of a selection that may have taken effect, while their orders are not recorded; null if
 * there cannot be any.
 */
export function openCreates(db: Kysely<Tables>, selection: RecordSelection) {
  const { statuses, transactionId, hasOpenWrite, hasConflict } = selection.filter;
  const isLeftOut =
    (statuses && !statuses.includes('UNKNOWN')) ||
    typeof transactionId === 'string' ||
    hasOpenWrite === false ||
    hasConflict === true;
  if (isLeftOut) {
    return null;
  }
  let query = db
    .selectFrom('intents')
    .where('operation', '=', 'create')
    .where('status', '=', OPEN)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('orders')
            .select('orders.product')
            .whereRef('orders.product', '=', 'intents.product')
            .whereRef('orders.out_order_no', '=', 'intents.out_order_no'),
        ),
      ),
    );
  for (const condition of conditionsOnBoth(db, selection)) {
    query = query.where(condition);
  }
  return query;
}

/** One product may be that of all orders: found by an index, they would all be sorted for a page. */
const PRODUCT_BY_NO_INDEX = sql`product || ''`;

/** What is a column of orders and of intents alike. */
function conditionsOnBoth(
  db: Kysely<Tables>,
  { visibility, filter }: RecordSelection,
): readonly RawBuilder<SqlBool>[] {
  const { product, outOrderNo, outOrderNoPrefix, serviceId, createdFrom, createdBefore } = filter;
  // With its values listed, the primary key serves a number without a product.
  const anyProduct = sql<SqlBool>`product in (${sql.join(ORDER_PRODUCTS)})`;
  const isGiven = <T>(value: T | null | undefined): value is T =>
    value !== null && value !== undefined;
  return [
    ...(visibility.kind === 'own' ? [sql<SqlBool>`owner = ${visibility.owner}`] : []),
    ...(isGiven(filter.owner) ? [sql<SqlBool>`owner = ${filter.owner}`] : []),
    ...(isGiven(product) ? [sql<SqlBool>`${PRODUCT_BY_NO_INDEX} = ${product}`] : []),
    ...(isGiven(outOrderNo) ? [anyProduct, sql<SqlBool>`out_order_no = ${outOrderNo}`] : []),
    ...(isGiven(outOrderNoPrefix) ? [anyProduct, beginsWith(db, outOrderNoPrefix)] : []),
    ...(isGiven(serviceId) ? [sql<SqlBool>`service_id = ${serviceId}`] : []),
    ...(isGiven(createdFrom) ? [sql<SqlBool>`created_at >= ${createdFrom}`] : []),
    ...(isGiven(createdBefore) ? [sql<SqlBool>`created_at < ${createdBefore}`] : []),
  ];
}

/** The last character there is. */
const LAST = '\u{10FFFF}';

/** By bytes: in the order of a language, what lies between two texts need not begin like them. */
function beginsWith(db: Kysely<Tables>, prefix: string): RawBuilder<SqlBool> {
  const number =
    db.getExecutor().adapter instanceof PostgresAdapter
      ? sql`out_order_no collate "C"`
      : sql`out_order_no`;
  return sql<SqlBool>`${number} >= ${prefix} and ${number} < ${`${prefix}${LAST}`}`;
}
