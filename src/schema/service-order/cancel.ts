import { CANCEL, updateServiceOrder } from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, PLAIN_TEXTS, REPEATED_CHANGE, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from '../pay-after-order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import { SERVICE_ORDER_NUMBER } from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const Input = builder.inputType('CancelServiceOrderInput', {
  description: `取消支付分订单: the order to cancel, and the reason. ${PLAIN_TEXTS}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description:
        '取消原因: the reason for the cancellation, which the user sees: 1 to 50 characters.',
    }),
  }),
});

builder.mutationField('cancelServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: updatePayload(
      'CancelServiceOrderPayload',
      '取消支付分订单: the service order was canceled: its status is CANCELED.',
    ),
    nullable: false,
    description: `取消支付分订单: cancels a service order. Requires orders:cancel. A caller without orders:any may cancel only its own order (else OrderNotFoundError), and only while it is CREATED (else OrderStateError); if the user confirms at the same moment, the confirmed order may be canceled. A caller with orders:any may also cancel a confirmed order (ACCEPTED). About a completed order that is not paid the sources disagree: WeChat Pay decides; modifyServiceOrder and syncServiceOrder are the other ways. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of cancelServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'cancelServiceOrder' }, () =>
        updateServiceOrder(context, CANCEL, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
