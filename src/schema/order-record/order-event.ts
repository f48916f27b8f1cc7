import type { OrderEvent } from '../../ledger/records.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  COLLECTION_STATE_RAW,
  ORDER_IDS,
  STATE_DESCRIPTION_RAW,
  STATE_RAW,
} from '../descriptions.ts';
import { OrderProductEnum, OrderStatusEnum } from '../order/enums.ts';
import { NodeInterface } from '../order/node.ts';
import { EventSource, OrderEventTypeEnum, recordedStatus } from './enums.ts';
import { loadRecord, OrderRecordRef } from './record-loader.ts';

export const OrderEventType = builder.objectRef<OrderEvent>('OrderEvent').implement({
  description:
    'A recorded change of an order (订单事件). Each change is recorded once. States that the order passed before this server learned of them have no event.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    cursor: t.string({
      nullable: false,
      description:
        'The cursor of the event: a number in a string, increasing over all orders, so that the cursors of one order have gaps. Equal to the cursor of its edge. Pass the last one as `after`, of the subscription orderEvents or of `OrderRecord.events`. Compare cursors as numbers, not as strings.',
      resolve: ({ id }) => String(id),
    }),
    type: t.expose('type', {
      type: OrderEventTypeEnum,
      nullable: false,
      description: 'What the event reports.',
    }),
    product: t.expose('product', {
      type: OrderProductEnum,
      nullable: false,
      description: 'Which product the order belongs to (产品).',
    }),
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: ORDER_IDS.outOrderNo,
    }),
    status: t.field({
      type: OrderStatusEnum,
      nullable: false,
      description: 'The status of the order after the change (订单状态).',
      resolve: (event, _, { log }) => recordedStatus(event, log),
    }),
    previousStatus: t.expose('previousStatus', {
      type: OrderStatusEnum,
      description:
        'The status of the order before the change (订单状态). Null if this server did not know the order before.',
    }),
    stateRaw: t.exposeString('stateRaw', { nullable: false, description: STATE_RAW }),
    stateDescriptionRaw: t.exposeString('stateDescriptionRaw', {
      description: STATE_DESCRIPTION_RAW,
    }),
    collectionStateRaw: t.exposeString('collectionStateRaw', {
      description: COLLECTION_STATE_RAW,
    }),
    source: t.expose('source', {
      type: EventSource,
      nullable: false,
      description:
        'How this server first learned of the change. Learning of it again, in whichever way, adds no event.',
    }),
    occurredAt: t.expose('occurredAt', {
      type: 'DateTime',
      nullable: false,
      description:
        'For a payment, the time when the user paid (支付成功时间), if WeChat Pay sent it; otherwise the same as receivedAt.',
    }),
    receivedAt: t.expose('receivedAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When this server recorded the change.',
    }),
    order: t.field({
      type: OrderRecordRef,
      ...requireScope('orders:read'),
      complexity: 1,
      nullable: false,
      description:
        'The order as recorded now. Requires orders:read: without it, everything around it that cannot be null is null too, in a subscription the whole `data`, with an error in `errors`: do not select it without that scope.',
      resolve: async ({ product, outOrderNo }, _, context) => {
        const record = await loadRecord({ product, outOrderNo }, context);
        if (record === null) {
          throw new Error('An event has no recorded order.');
        }
        return record;
      },
    }),
  }),
});

export const OrderEventConnection = builder.connectionObject(
  {
    type: OrderEventType,
    name: 'OrderEventConnection',
    description: 'A page of events, oldest first.',
  },
  {
    description: 'An event and its cursor.',
    nodeField: { description: 'The event.' },
  },
);
