import type { OrderEvent } from '../../ledger/records.ts';
import { builder } from '../builder.ts';
import { ORDER_IDS, STATE_RAW } from '../descriptions.ts';
import { PayAfterOrderState, recordedState } from '../pay-after-order/enums.ts';

const EventSource = builder.enumType('EventSource', {
  description: 'How this server learned of a change.',
  values: {
    NOTIFICATION: { description: 'WeChat Pay sent a webhook to this server (回调通知).' },
    QUERY: { description: 'A query of a caller showed the change.' },
    MUTATION: { description: 'A mutation on this server caused the change.' },
    RECONCILER: { description: 'The server polled WeChat Pay, because no webhook arrived.' },
  },
});

export const PayAfterOrderEvent = builder.objectRef<OrderEvent>('PayAfterOrderEvent').implement({
  description:
    'A recorded change of the state of an order. Each change is recorded once. States that the order passed before this server learned of them have no event.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The id of the event, the same string as the `cursor` of its edge: a number in a string, increasing over all orders, so that the ids of one order have gaps. Pass the last one as `after` to resume the subscription. Compare ids as numbers, not as strings.',
      resolve: ({ id }) => String(id),
    }),
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: ORDER_IDS.outOrderNo,
    }),
    state: t.field({
      type: PayAfterOrderState,
      nullable: false,
      description: 'The state after the change (订单状态).',
      resolve: (event, _, { log }) => recordedState(event, log),
    }),
    stateRaw: t.exposeString('stateRaw', {
      nullable: false,
      description: STATE_RAW,
    }),
    previousState: t.expose('previousState', {
      type: PayAfterOrderState,
      description:
        'The state before the change (订单状态). Null if this server did not know the order before.',
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
  }),
});

export const PayAfterOrderEventConnection = builder.connectionObject(
  {
    type: PayAfterOrderEvent,
    name: 'PayAfterOrderEventConnection',
    description: 'A page of events, oldest first.',
  },
  {
    description: 'An event and its cursor.',
    nodeField: { description: 'The event.' },
  },
);
