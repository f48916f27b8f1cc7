import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { statusOf } from '../../domain/order-status.ts';
import type { OrderCursor, OrderEventQuery } from '../../ledger/jobs/list-records.ts';
import type { OrderRecord } from '../../ledger/records.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { PayAfterOrderState } from '../pay-after-order/enums.ts';
import { badUserInput } from '../query-errors.ts';
import { AFTER, connection, eventCursor, PAGE_SIZE, pageSize, rowsOfPage } from './connection.ts';
import { PayAfterOrderEventConnection } from './order-event.ts';

/** The events of many orders are one job of the ledger. It keeps none: a subscription lives long. */
const eventsLoader = createContextCache(
  ({ ledger }: GraphQLContext) =>
    new DataLoader((queries: readonly OrderEventQuery[]) => ledger.listEvents(queries), {
      cache: false,
    }),
);

const PayAfterOrderRecord = builder.objectRef<OrderRecord>('PayAfterOrderRecord').implement({
  description:
    'An order as this server has recorded it; never live. Ask payAfterOrder for what WeChat Pay says now.',
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: '商户服务订单号.' }),
    serviceId: t.exposeString('serviceId', { nullable: false, description: '服务ID.' }),
    appid: t.exposeString('appid', { nullable: false, description: '应用ID.' }),
    state: t.expose('state', {
      type: PayAfterOrderState,
      nullable: false,
      description: '订单状态 that was last observed.',
    }),
    stateRaw: t.exposeString('stateRaw', {
      nullable: false,
      description: "订单状态 in WeChat's own word.",
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When this server first knew of the order.',
    }),
    observedAt: t.expose('observedAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When the state was last observed by the server itself or found changed.',
    }),
    lastEventId: t.id({
      description: 'Cursor of its last event: subscribe after it to miss nothing.',
      resolve: ({ lastEventId: id }) => (id === null ? null : String(id)),
    }),
    events: t.field({
      type: PayAfterOrderEventConnection,
      ...requireScope('events:read'),
      complexity: rowsOfPage,
      nullable: false,
      description: 'What happened to the order, oldest first.',
      args: {
        first: t.arg.int({ description: PAGE_SIZE }),
        after: t.arg.string({ description: AFTER }),
      },
      resolve: async ({ product, outOrderNo }, { first, after }, context) => {
        const query = {
          product,
          outOrderNo,
          first: pageSize(first),
          after: eventCursor(after),
        };
        const page = await eventsLoader(context).load(query);
        return connection(page, ({ id }) => String(id), after);
      },
    }),
  }),
});

const RecordConnection = builder.connectionObject(
  {
    type: PayAfterOrderRecord,
    name: 'PayAfterOrderRecordConnection',
    description: 'Recorded orders, newest first.',
  },
  {
    description: 'A recorded order and its place in the connection.',
    nodeField: { description: 'The order.' },
  },
);

const Filter = builder.inputType('PayAfterOrderFilter', {
  description: 'Which recorded orders. What is left out does not matter.',
  fields: (t) => ({
    states: t.field({
      type: [PayAfterOrderState],
      description: '订单状态: any of these; none where the list is empty.',
    }),
    serviceId: t.string({ description: '服务ID.' }),
    createdFrom: t.field({
      type: 'DateTime',
      description: 'Known to the server since this moment or later.',
    }),
    createdBefore: t.field({
      type: 'DateTime',
      description: 'Known to the server since before this moment.',
    }),
  }),
});

builder.queryField('payAfterOrders', (t) =>
  t.field({
    type: RecordConnection,
    ...requireScope('orders:read'),
    complexity: rowsOfPage,
    nullable: false,
    description:
      'The orders that this server has recorded, newest first: made through it, or seen in a notification or a query. Never live. A caller who acts for one user sees those of that user.',
    args: {
      filter: t.arg({ type: Filter, description: 'Which orders; all where left out.' }),
      first: t.arg.int({ description: PAGE_SIZE }),
      after: t.arg.string({ description: AFTER }),
    },
    resolve: async (_, { filter, first, after }, { ledger, visibility }) => {
      if (filter?.serviceId?.includes('\0')) {
        throw badUserInput('serviceId holds a character that no service id has.');
      }
      const { states, ...others } = filter ?? {};
      const page = await ledger.listOrders({
        visibility,
        filter: { ...others, product: 'PAY_AFTER', statuses: states?.map(statusOf) },
        first: pageSize(first),
        after: typeof after === 'string' ? readCursor(after) : null,
      });
      return connection(page, writeCursor, after);
    },
  }),
);

function writeCursor({ createdAt, outOrderNo }: OrderRecord): string {
  return Buffer.from(`${createdAt} ${outOrderNo}`).toString('base64url');
}

function readCursor(after: string): OrderCursor {
  const [, createdAt, outOrderNo] =
    /^(\d{1,15}) ([^\0]+)$/.exec(Buffer.from(after, 'base64url').toString()) ?? [];
  if (createdAt === undefined || outOrderNo === undefined) {
    throw badUserInput('after is not a cursor of this connection.');
  }
  return { createdAt: Number(createdAt), outOrderNo };
}
