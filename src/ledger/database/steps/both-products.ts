import { sql } from 'kysely';
import { carryOver, index } from './carry-over.ts';
import type { StepContext } from './step.ts';
import { addRefundsAndPayments, extendIntents, extendNotifications } from './write-details.ts';

/**
 * Step 3, of version 0.2: the tables of both products. Everything that 0.1 has recorded is about
 * pay-after orders. Only `orders` and `events` are written anew; of the tables with sealed bodies,
 * which are most of the bytes, no row is touched.
 */
export async function bothProducts(context: StepContext): Promise<void> {
  await moveOrders(context);
  await moveEvents(context);
  await extendIntents(context);
  await extendNotifications(context);
  await addRefundsAndPayments(context);
}

/** WeChat Pay's states of pay-after orders are `state_raw`; `status` is the same for both products. */
const STATUS = (column: string) => sql`case ${sql.ref(column)}
  when 'USER_ACCEPTED' then 'ACCEPTED'
  when 'FINISHED' then 'COMPLETED'
  when 'USER_PAID' then 'PAID'
  when 'REVOKED' then 'CANCELED'
  else ${sql.ref(column)} end`;

async function moveOrders(context: StepContext): Promise<void> {
  const { schema } = context.db;
  await schema.dropIndex('orders_newest').execute();
  await schema.dropIndex('orders_check').execute();
  await schema.dropIndex('orders_of_owner').execute();
  await schema.alterTable('orders').renameTo('orders_before').execute();
  await schema
    .createTable('orders')
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('out_order_no', 'text', (column) => column.notNull())
    .addColumn('appid', 'text', (column) => column.notNull())
    .addColumn('service_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('state_raw', 'text', (column) => column.notNull())
    .addColumn('state_description_raw', 'text')
    .addColumn('collection_state_raw', 'text')
    .addColumn('owner', 'text')
    .addColumn('service_introduction', 'text')
    .addColumn('risk_amount', 'bigint')
    .addColumn('total_amount', 'bigint')
    .addColumn('paid_amount', 'bigint')
    .addColumn('planned_start_time', 'text')
    .addColumn('planned_end_time', 'text')
    .addColumn('planned_start_location', 'text')
    .addColumn('planned_end_location', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('status_since', 'bigint', (column) => column.notNull())
    .addColumn('observed_at', 'bigint', (column) => column.notNull())
    .addColumn('conflict_at', 'bigint')
    .addColumn('last_event_id', 'bigint')
    .addColumn('check_at', 'bigint')
    .addPrimaryKeyConstraint('orders_key', ['product', 'out_order_no'])
    .execute();
  await carryOver(context, {
    table: 'orders',
    from: 'orders_before',
    columns: [
      ...['product', 'out_order_no', 'appid', 'service_id', 'status', 'state_raw', 'owner'],
      ...['risk_amount', 'total_amount', 'paid_amount', 'created_at', 'status_since'],
      ...['observed_at', 'last_event_id', 'check_at'],
    ],
    values: sql`'PAY_AFTER', out_order_no, appid, service_id, ${STATUS('state')}, state_raw, owner,
      risk_amount, total_amount, case state when 'USER_PAID' then total_amount end, created_at,
      state_since, observed_at, last_event_id, check_at`,
  });
  await schema.dropTable('orders_before').execute();
  await schema
    .createIndex('orders_newest')
    .on('orders')
    .columns(['created_at', 'out_order_no', 'product'])
    .execute();
  await index(
    context,
    sql`orders_of_owner on orders (owner, created_at, out_order_no, product)
    where owner is not null`,
  );
  await index(context, sql`orders_check on orders (check_at) where check_at is not null`);
}

async function moveEvents(context: StepContext): Promise<void> {
  const { kind, db } = context;
  const { schema } = db;
  await schema.dropIndex('events_of_order').execute();
  await schema.alterTable('events').renameTo('events_before').execute();
  await schema
    .createTable('events')
    // On SQLite the rows are ordered by it then, without another index.
    .addColumn('id', kind === 'sqlite' ? 'integer' : 'bigint', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('out_order_no', 'text', (column) => column.notNull())
    .addColumn('out_refund_no', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('previous_status', 'text')
    .addColumn('state_raw', 'text', (column) => column.notNull())
    .addColumn('state_description_raw', 'text')
    .addColumn('collection_state_raw', 'text')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('occurred_at', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .execute();
  await carryOver(context, {
    table: 'events',
    from: 'events_before',
    columns: [
      ...['id', 'type', 'product', 'out_order_no', 'status', 'previous_status', 'state_raw'],
      ...['source', 'owner', 'occurred_at', 'received_at'],
    ],
    values: sql`id, 'STATUS_CHANGED', 'PAY_AFTER', out_order_no, ${STATUS('state')},
      ${STATUS('previous_state')}, state_raw, source,
      (select owner from orders
        where product = 'PAY_AFTER' and orders.out_order_no = events_before.out_order_no),
      occurred_at, received_at`,
  });
  await schema.dropTable('events_before').execute();
  await index(context, sql`events_of_order on events (product, out_order_no, id)`);
  await index(context, sql`events_of_owner on events (owner, id) where owner is not null`);
}

/** Step 4, of version 0.2: what lists of recorded orders are filtered and sorted by. */
export async function recordIndexes(context: StepContext): Promise<void> {
  await index(context, sql`orders_observed on orders (observed_at, out_order_no, product)`);
  await index(
    context,
    sql`orders_conflict on orders (created_at, out_order_no, product)
    where conflict_at is not null`,
  );
  await index(
    context,
    sql`intents_open on intents (operation, created_at, out_order_no, product)
    where status = 'open'`,
  );
  if (context.kind === 'postgres') {
    // A prefix is found only by bytes, whatever the order of the database's own language is.
    await index(context, sql`orders_of_prefix on orders (out_order_no collate "C", product)`);
  }
}
