import { cancelOrder } from '../../orders/commands/cancel-order.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  APPID,
  BY_ANALOGY,
  ORDER_NUMBER,
  PLAIN_TEXTS,
  REPEATED_CHANGE,
  SERVICE_ID,
} from '../descriptions.ts';
import { withDefaults, writing } from '../resolver.ts';
import { CHANGE_ERRORS } from './order-errors.ts';
import { changePayload } from './update-payload.ts';

const Input = builder.inputType('CancelPayAfterOrderInput', {
  description: `撤销先享后付订单: the order to cancel, and the reason. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description:
        '撤销原因: the reason for the cancellation. WeChat Pay does not document whether the user sees it. By analogy: 1 to 50 characters.',
    }),
  }),
});

builder.mutationField('cancelPayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: changePayload(
      'CancelPayAfterOrderPayload',
      '撤销先享后付订单: the order was cancelled: its state is REVOKED.',
    ),
    nullable: false,
    description: `撤销先享后付订单: cancels an order that is not completed. Requires orders:cancel. A caller without orders:any may cancel only its own order (else OrderNotFoundError), and only while it is CREATED (else OrderStateError); if the user confirms at the same moment, the confirmed order may be cancelled. For a caller with orders:any, WeChat Pay decides which states allow it; it does not document them. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of cancelPayAfterOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'cancelPayAfterOrder' }, () =>
        cancelOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
