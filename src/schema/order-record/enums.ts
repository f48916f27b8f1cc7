import type { OrderStatus } from '../../domain/order-state.ts';
import { builder } from '../builder.ts';
import type { SchemaLog } from '../context.ts';
import { unknownValue } from '../enum-values.ts';

export const EventSource = builder.enumType('EventSource', {
  description: 'How this server learned of a change.',
  values: {
    NOTIFICATION: { description: 'WeChat Pay sent a webhook to this server (回调通知).' },
    QUERY: { description: 'A query of a caller showed the change.' },
    MUTATION: { description: 'A mutation on this server caused the change.' },
    RECONCILER: { description: 'The server polled WeChat Pay, because no webhook arrived.' },
  },
});

export const OrderEventTypeEnum = builder.enumType('OrderEventType', {
  description:
    'What an event reports (事件类型). This version of the server has no refunds, and no events about them: ignore the REFUND values.',
  values: {
    STATUS_CHANGED: { description: 'The status of the order has changed.' },
    AMOUNT_MODIFIED: { description: 'The merchant has lowered the amount of a service order.' },
    REFUND_CREATED: { description: 'A refund was requested (申请退款).' },
    REFUND_PROCESSING: { description: 'WeChat Pay is processing a refund (退款处理中).' },
    REFUND_SUCCEEDED: { description: 'A refund has reached the user (退款成功).' },
    REFUND_CLOSED: { description: 'A refund was closed: no money moved (退款关闭).' },
    REFUND_ABNORMAL: {
      description: 'A refund has failed, and the merchant has to act (退款异常).',
    },
  },
});

export const OrderRecordOrderEnum = builder.enumType('OrderRecordOrder', {
  description: 'How a list of recorded orders is sorted.',
  values: {
    CREATED_DESC: { description: 'Those with the latest createdAt first.' },
    CREATED_ASC: { description: 'Those with the earliest createdAt first.' },
    OBSERVED_DESC: {
      description:
        'Those with the latest observedAt first. An order that changes while you read moves to the front: it may be on two pages, or on none of those that follow.',
    },
  },
});

/** The status as recorded: an unknown one is in the log again, because it needs a newer version. */
export function recordedStatus(
  { status, stateRaw }: { readonly status: OrderStatus; readonly stateRaw: string | null },
  log: SchemaLog,
): OrderStatus {
  return status === 'UNKNOWN' && stateRaw !== null ? unknownValue('state', stateRaw, log) : status;
}
