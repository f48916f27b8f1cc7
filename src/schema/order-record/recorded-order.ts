import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { statusOf } from '../../domain/order-status.ts';
import type { OrderCursor, OrderEventQuery } from '../../ledger/jobs/list-records.ts';
import type { OrderRecord } from '../../ledger/records.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { ORDER_IDS, STATE_RAW } from '../descriptions.ts';
import { PayAfterOrderState, recordedState } from '../pay-after-order/enums.ts';
import { badUserInput, queried } from '../query-errors.ts';
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
    'An order as recorded by this server. It may be outdated; query payAfterOrder for the current order.',
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: ORDER_IDS.outOrderNo,
    }),
    serviceId: t.exposeString('serviceId', {
      nullable: false,
      description: ORDER_IDS.serviceId,
    }),
    appid: t.exposeString('appid', {
      nullable: false,
      description: ORDER_IDS.appid,
    }),
    state: t.field({
      type: PayAfterOrderState,
      nullable: false,
      description: 'The state that was last recorded (订单状态).',
      resolve: (record, _, { log }) => recordedState(record, log),
    }),
    stateRaw: t.exposeString('stateRaw', {
      nullable: false,
      description: STATE_RAW,
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When this server first recorded the order.',
    }),
    observedAt: t.expose('observedAt', {
      type: 'DateTime',
      nullable: false,
      description:
        'When this server last verified the state with WeChat Pay, or recorded a change.',
    }),
    lastEventId: t.id({
      description:
        'Id of the last recorded event of the order: subscribe to the order with it as `after` to miss no later event. Null if there is none: subscribe without `after`, then query the order.',
      resolve: ({ lastEventId: id }) => (id === null ? null : String(id)),
    }),
    events: t.field({
      type: PayAfterOrderEventConnection,
      ...requireScope('events:read'),
      complexity: rowsOfPage(eventCursor, 'events:read'),
      nullable: false,
      description: 'The recorded state changes of the order, oldest first. Requires events:read.',
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
        const page = await queried(eventsLoader(context).load(query));
        return connection(page, ({ id }) => String(id), after);
      },
    }),
  }),
});

const RecordConnection = builder.connectionObject(
  {
    type: PayAfterOrderRecord,
    name: 'PayAfterOrderRecordConnection',
    description: 'A page of recorded orders, those with the latest createdAt first.',
  },
  {
    description: 'A recorded order and its cursor.',
    nodeField: { description: 'The order.' },
  },
);

const Filter = builder.inputType('PayAfterOrderFilter', {
  description: 'Filters; an omitted field matches everything.',
  fields: (t) => ({
    states: t.field({
      type: [PayAfterOrderState],
      description: 'Only orders in one of these states (订单状态); an empty list matches nothing.',
    }),
    serviceId: t.string({ description: 'Only orders of this service (服务ID).' }),
    createdFrom: t.field({
      type: 'DateTime',
      description: 'Only orders first recorded at or after this time.',
    }),
    createdBefore: t.field({
      type: 'DateTime',
      description: 'Only orders first recorded before this time.',
    }),
  }),
});

builder.queryField('payAfterOrders', (t) =>
  t.field({
    type: RecordConnection,
    ...requireScope('orders:read'),
    complexity: rowsOfPage(readCursor, 'orders:read'),
    nullable: false,
    description:
      'Orders recorded by this server (created through it, or seen in a webhook or query), those with the latest createdAt first. They may be outdated: WeChat Pay is not called. Requires orders:read. A caller without orders:any gets only its own orders. A request for more than 1,000 rows, orders and events together, is BAD_USER_INPUT.',
    args: {
      filter: t.arg({
        type: Filter,
        description: 'Which orders; if omitted, all that the caller can access.',
      }),
      first: t.arg.int({ description: PAGE_SIZE }),
      after: t.arg.string({ description: AFTER }),
    },
    resolve: async (_, { filter, first, after }, { ledger, visibility }) => {
      if (filter?.serviceId?.includes('\0')) {
        throw badUserInput('Invalid serviceId: it contains a character that is not allowed.');
      }
      const { states, ...others } = filter ?? {};
      const listed = ledger.listOrders({
        visibility,
        filter: { ...others, product: 'PAY_AFTER', statuses: states?.map(statusOf) },
        first: pageSize(first),
        after: typeof after === 'string' ? readCursor(after) : null,
      });
      const page = await queried(listed);
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
    throw badUserInput('Invalid `after`: use a cursor of this connection.');
  }
  return { createdAt: Number(createdAt), outOrderNo };
}
