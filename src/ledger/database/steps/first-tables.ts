import { type SchemaModule, sql } from 'kysely';

/** A statement that changes the schema. */
interface SchemaChange {
  readonly execute: () => Promise<unknown>;
}

/** Step 1, of version 0.1: orders, intents, events and the inbox. */
export function firstTables(schema: SchemaModule): readonly SchemaChange[] {
  return [
    schema
      .createTable('orders')
      .addColumn('out_order_no', 'text', (column) => column.primaryKey())
      .addColumn('appid', 'text', (column) => column.notNull())
      .addColumn('service_id', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('state_raw', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('risk_amount', 'bigint')
      .addColumn('total_amount', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('state_since', 'bigint', (column) => column.notNull())
      .addColumn('observed_at', 'bigint', (column) => column.notNull())
      .addColumn('last_event_id', 'bigint')
      .addColumn('check_at', 'bigint'),
    schema.createIndex('orders_newest').on('orders').columns(['created_at', 'out_order_no']),
    schema.createIndex('orders_check').on('orders').column('check_at'),
    schema
      .createTable('intents')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('operation', 'text', (column) => column.notNull())
      .addColumn('out_order_no', 'text', (column) => column.notNull())
      .addColumn('appid', 'text', (column) => column.notNull())
      .addColumn('service_id', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addColumn('platform_serial', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('sent_at', 'bigint', (column) => column.notNull())
      .addColumn('settled_at', 'bigint')
      .addColumn('check_at', 'bigint'),
    schema
      .createIndex('intents_standing')
      .unique()
      .on('intents')
      .columns(['out_order_no', 'operation'])
      .where(sql.ref('status'), 'in', ['open', 'done']),
    schema.createIndex('intents_check').on('intents').column('check_at'),
    schema
      .createTable('events')
      .addColumn('id', 'bigint', (column) => column.primaryKey())
      .addColumn('out_order_no', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('state_raw', 'text', (column) => column.notNull())
      .addColumn('previous_state', 'text')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('occurred_at', 'bigint', (column) => column.notNull())
      .addColumn('received_at', 'bigint', (column) => column.notNull()),
    schema.createIndex('events_of_order').on('events').columns(['out_order_no', 'id']),
    schema
      .createTable('notices')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('event_type', 'text', (column) => column.notNull())
      .addColumn('out_order_no', 'text')
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('received_at', 'bigint', (column) => column.notNull()),
  ];
}

/** Step 2, of version 0.1: the indexes of an order's intents and of an owner's orders. */
export function firstIndexes(schema: SchemaModule): readonly SchemaChange[] {
  return [
    // The partial index serves no query on SQLite, which plans before it knows the parameters.
    schema.createIndex('intents_of_order').on('intents').column('out_order_no'),
    schema
      .createIndex('orders_of_owner')
      .on('orders')
      .columns(['owner', 'created_at', 'out_order_no']),
    schema.createTable('data_key').addColumn('sealed', 'text', (column) => column.notNull()),
  ];
}
