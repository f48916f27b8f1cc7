import { sql } from 'kysely';
import { index, uniqueIndex } from './carry-over.ts';
import type { StepContext } from './step.ts';

export async function extendIntents(context: StepContext): Promise<void> {
  const { db } = context;
  const { schema } = db;
  // 0.1 had the order of a finished write queried again; only open ones are queried now.
  await sql`update intents set check_at = null
    where check_at is not null and status <> 'open'`.execute(db);
  // The other indexes stay: to make one anew, all of the bodies are read.
  await schema.dropIndex('intents_standing').execute();
  await schema.alterTable('intents').renameColumn('settled_at', 'finished_at').execute();
  const add = (name: string, type: 'text' | 'integer') =>
    schema.alterTable('intents').addColumn(name, type).execute();
  const count = (name: string) =>
    schema
      .alterTable('intents')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  await schema
    .alterTable('intents')
    .addColumn('product', 'text', (column) => column.notNull().defaultTo('PAY_AFTER'))
    .execute();
  await add('out_refund_no', 'text');
  await count('lease');
  await add('client', 'text');
  await add('request_id', 'text');
  await count('attempts');
  await add('outcome', 'text');
  await add('reason', 'text');
  await add('wechat_code', 'text');
  await add('wechat_message', 'text');
  await add('http_status', 'integer');
  await add('wechat_request_id', 'text');
  // One order may be modified and collected several times, and have several refunds.
  await uniqueIndex(
    context,
    sql`intents_standing on intents (out_order_no, operation, product)
    where out_refund_no is null
      and (status = 'open' or (status = 'done' and operation not in ('modify', 'collect')))`,
  );
  await uniqueIndex(
    context,
    sql`intents_of_refund on intents (out_refund_no)
    where out_refund_no is not null and status in ('open', 'done')`,
  );
  await index(
    context,
    sql`intents_open_of_owner on intents (owner)
    where status = 'open' and owner is not null`,
  );
}

export async function extendNotifications(context: StepContext): Promise<void> {
  const { schema } = context.db;
  await schema.alterTable('notices').renameTo('notifications').execute();
  await schema
    .alterTable('notifications')
    .addColumn('product', 'text', (column) => column.defaultTo('PAY_AFTER'))
    .execute();
  await schema.alterTable('notifications').addColumn('out_refund_no', 'text').execute();
  await index(
    context,
    sql`notifications_of_order on notifications (out_order_no, product)
    where out_order_no is not null`,
  );
}

export async function addRefundsAndPayments(context: StepContext): Promise<void> {
  const { schema } = context.db;
  await schema
    .createTable('refunds')
    .addColumn('out_refund_no', 'text', (column) => column.primaryKey())
    .addColumn('refund_id', 'text')
    .addColumn('product', 'text')
    .addColumn('out_order_no', 'text')
    .addColumn('transaction_id', 'text', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_raw', 'text')
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addColumn('total_amount', 'bigint')
    .addColumn('channel', 'text')
    .addColumn('create_time', 'bigint')
    .addColumn('success_time', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('status_since', 'bigint', (column) => column.notNull())
    .addColumn('observed_at', 'bigint', (column) => column.notNull())
    .addColumn('last_event_id', 'bigint')
    .addColumn('check_at', 'bigint')
    .execute();
  await index(
    context,
    sql`refunds_of_order on refunds (out_order_no, product)
    where out_order_no is not null`,
  );
  await index(context, sql`refunds_of_payment on refunds (transaction_id)`);
  await index(context, sql`refunds_check on refunds (check_at) where check_at is not null`);
  await schema
    .createTable('payments')
    .addColumn('transaction_id', 'text', (column) => column.primaryKey())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('out_order_no', 'text', (column) => column.notNull())
    .addColumn('amount', 'bigint')
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .execute();
  await index(context, sql`payments_of_order on payments (out_order_no, product)`);
}
