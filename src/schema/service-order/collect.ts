import { COLLECT, updateServiceOrder } from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from '../pay-after-order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import { SERVICE_ORDER_NUMBER } from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const Input = builder.inputType('CollectServiceOrderInput', {
  description: '商户发起催收扣款: the order whose payment WeChat Pay is to collect now.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
  }),
});

builder.mutationField('collectServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: updatePayload(
      'CollectServiceOrderPayload',
      '商户发起催收扣款: WeChat Pay tries to collect the payment. This does not mean that the user has paid: wait for PAID. `replayed` is always false.',
    ),
    nullable: false,
    description:
      "商户发起催收扣款 (WeChat Pay's endpoint `pay`): lets WeChat Pay try to collect the payment of a completed order once more, beside its own attempts. Requires orders:complete and orders:any. Every call is one more attempt: only repeat it to try again.",
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of collectServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'collectServiceOrder' }, () =>
        updateServiceOrder(context, COLLECT, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
