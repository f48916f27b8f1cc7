import type { OrderEvent } from '../../ledger/records.ts';
import { builder } from '../builder.ts';
import { PayAfterOrderState } from '../pay-after-order/enums.ts';

const EventSource = builder.enumType('EventSource', {
  description: 'How the server came to know of a change.',
  values: {
    NOTIFICATION: { description: '回调通知: WeChat Pay told it.' },
    QUERY: { description: "A caller's query showed it." },
    MUTATION: { description: 'A mutation on this server made it.' },
    RECONCILER: { description: 'The server asked by itself, since no notification came.' },
  },
});

export const PayAfterOrderEvent = builder.objectRef<OrderEvent>('PayAfterOrderEvent').implement({
  description: 'A change of the state of an order, as it was recorded: once per change.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The cursor of the event, strictly increasing in the order of commits: `after` of the subscription.',
      resolve: ({ id }) => String(id),
    }),
    outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: '商户服务订单号.' }),
    state: t.expose('state', {
      type: PayAfterOrderState,
      nullable: false,
      description: '订单状态 after the change.',
    }),
    stateRaw: t.exposeString('stateRaw', {
      nullable: false,
      description: "订单状态 in WeChat's own word.",
    }),
    previousState: t.expose('previousState', {
      type: PayAfterOrderState,
      description: '订单状态 before it; null where the order was not known here.',
    }),
    source: t.expose('source', {
      type: EventSource,
      nullable: false,
      description: 'How the server came to know.',
    }),
    occurredAt: t.expose('occurredAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When it happened, where WeChat Pay tells (支付成功时间); else receivedAt.',
    }),
    receivedAt: t.expose('receivedAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When the server recorded it.',
    }),
  }),
});

export const PayAfterOrderEventConnection = builder.connectionObject(
  {
    type: PayAfterOrderEvent,
    name: 'PayAfterOrderEventConnection',
    description: 'Events, oldest first.',
  },
  {
    description: 'An event and its place in the connection.',
    nodeField: { description: 'The event.' },
  },
);
