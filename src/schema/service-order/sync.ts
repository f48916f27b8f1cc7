import { SYNC, updateServiceOrder } from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, REPEATED_CHANGE, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from '../pay-after-order/order-errors.ts';
import { OrderSyncType, SyncDetailInput } from '../pay-after-order/sync.ts';
import { withDefaults, writing } from '../resolver.ts';
import { SERVICE_ORDER_NUMBER } from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const Input = builder.inputType('SyncServiceOrderInput', {
  description: '同步服务订单信息: the order that was paid, and when.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
    type: t.field({
      type: OrderSyncType,
      required: true,
      description: '场景类型: always ORDER_PAID, the only value that WeChat Pay documents.',
    }),
    detail: t.field({
      type: SyncDetailInput,
      required: true,
      description: '内容信息详情: when the order was paid.',
    }),
  }),
});

/** WeChat Pay's word for ORDER_PAID. */
const ORDER_PAID = 'Order_Paid';

builder.mutationField('syncServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: updatePayload(
      'SyncServiceOrderPayload',
      '同步服务订单信息: WeChat Pay has recorded the order as paid: its status is PAID.',
    ),
    nullable: false,
    description: `同步服务订单信息: reports to WeChat Pay that the user has paid a completed order through the merchant's own channel, for example in cash. The status must be COMPLETED. If WeChat Pay collects the payment at the same time, the user has paid twice: refund one of the payments. Requires orders:complete and orders:any. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of syncServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'The order.' }) },
    resolve: (_, { input: { outOrderNo, detail, ...ids } }, context) =>
      writing(context, { outOrderNo, operation: 'syncServiceOrder' }, () =>
        updateServiceOrder(context, SYNC, {
          ...withDefaults(ids, context),
          outOrderNo,
          type: ORDER_PAID,
          detail,
        }),
      ),
  }),
);
