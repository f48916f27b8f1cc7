import { cancelOrder } from '../../orders/commands/cancel-order.ts';
import { withDefaults } from '../arguments.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, ORDER_NUMBER, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from './order-errors.ts';
import { writing } from './order-query.ts';
import { changePayload } from './update-payload.ts';

const Input = builder.inputType('CancelPayAfterOrderInput', {
  description: '撤销先享后付订单: the order to cancel, and the reason.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description:
        '撤销原因: the reason of the cancellation. By analogy: not empty, at most 50 characters.',
    }),
  }),
});

builder.mutationField('cancelPayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: changePayload('CancelPayAfterOrderPayload', '撤销先享后付订单: the order was cancelled.'),
    nullable: false,
    description:
      '撤销先享后付订单: cancels an order before it is completed. Requires orders:cancel. WeChat Pay decides which states allow it. End users (callers without orders:any) may cancel only an order that they have not confirmed: the server queries the order first, but the user may still confirm it between the query and the cancellation. Idempotent: a repeat with the same input succeeds without a new effect.',
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of cancelPayAfterOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, input, () =>
        cancelOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
