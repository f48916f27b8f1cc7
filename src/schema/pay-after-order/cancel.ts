import { cancelOrder } from '../../orders/commands/cancel-order.ts';
import { withDefaults } from '../arguments.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, ORDER_NUMBER, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from './order-errors.ts';
import { writing } from './order-query.ts';
import { changePayload } from './update-payload.ts';

const Input = builder.inputType('CancelPayAfterOrderInput', {
  description: '撤销先享后付订单: which order is to be cancelled, and why.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description: '撤销原因. By analogy: not empty, at most 50 characters.',
    }),
  }),
});

builder.mutationField('cancelPayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: changePayload('CancelPayAfterOrderPayload', '撤销先享后付订单 has succeeded.'),
    nullable: false,
    description:
      '撤销先享后付订单: before it is completed. From which states WeChat Pay allows it is not known; it decides. A shopper (a caller without orders:any) may cancel only an order that is not confirmed yet: it is queried right before, also by a repeat, but a confirmation may still come between that query and the cancel. Safe to repeat.',
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'What came of cancelPayAfterOrder.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, input, () =>
        cancelOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
